#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace virga::image::format {

inline constexpr std::size_t kHeadBytes = 512 * 1024;   ///< ISO needs 34 KiB, a vhdx region table 256 KiB
inline constexpr std::size_t kTailBytes = 1536;         ///< vmdk: footer marker, footer, end-of-stream marker
inline constexpr std::size_t kExtraBytes = 128 * 1024;  ///< vhdx: 64 KiB of metadata table, then the items

/// A part of the content at a place that only the head tells.
struct Range {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

/// What is kept of an image: all that any recogniser may look at. Integers are read with bounds checks; a place
/// outside gives nullopt, so that a recogniser can't run over the end.
struct Sample {
    std::string_view head;
    std::string_view tail;  ///< the last kTailBytes, fewer when the content is shorter
    Range extra_range;
    std::string_view extra;
    std::uint64_t size = 0;  ///< of the whole content
};

/// True when `bytes` stands at `offset`.
bool has_bytes(std::string_view data, std::size_t offset, std::string_view bytes);
/// An unsigned integer of `width` bytes (1 to 8).
std::optional<std::uint64_t> big_endian(std::string_view data, std::size_t offset, std::size_t width);
std::optional<std::uint64_t> little_endian(std::string_view data, std::size_t offset, std::size_t width);

/// Throws Error{InvalidInput}: "The image can't be accepted: <format>: <why>".
[[noreturn]] void refuse(std::string_view format, const std::string& why);
/// As refuse(), for a field that lies outside the content.
std::uint64_t required(const std::optional<std::uint64_t>& value, std::string_view format, std::string_view field);
/// A virtual size as signed bytes; refuses what no disk or volume can hold (over 64 TiB).
std::int64_t checked_size(std::uint64_t bytes, std::string_view format);

}  // namespace virga::image::format
