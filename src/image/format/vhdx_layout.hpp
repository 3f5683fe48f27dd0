#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

/// Where what stands in a VHDX.
namespace virga::image::format::vhdx {

// GUIDs as they stand in the file.
inline constexpr std::string_view kBatRegion("\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08", 16);
inline constexpr std::string_view kMetadataRegion("\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e",
                                                  16);
inline constexpr std::string_view kFileParameters("\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b",
                                                  16);
inline constexpr std::string_view kVirtualDiskSize("\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8",
                                                   16);
inline constexpr std::string_view kLogicalSectorSize("\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f",
                                                     16);
inline constexpr std::string_view kParentLocator("\x2d\x5f\xd3\xa8\x0b\xb3\x4d\x45\xab\xf7\xd3\xd8\x48\x34\xab\x0c",
                                                 16);

inline constexpr std::size_t kRegionTables[] = {192 * 1024, 256 * 1024};  ///< two copies of one table
inline constexpr std::size_t kTableBytes = 64 * 1024;                     ///< of a region table, and of the metadata's
inline constexpr std::uint64_t kMaxEntries = 2047;                        ///< the format's own bound, of both
inline constexpr std::size_t kEntryBytes = 32;                            ///< of both
inline constexpr std::uint64_t kUnit = 1U << 20;                          ///< regions and blocks begin at one

/// Offset within the metadata region of the item with this GUID. Throws Error{InvalidInput} when it comes twice.
std::optional<std::uint64_t> item_offset(std::string_view metadata, std::string_view guid);

}  // namespace virga::image::format::vhdx
