#pragma once
#include <cstdint>
#include <string_view>

/// Layout of the qcow2 files that Virga writes: version 3, 64 KiB clusters, 16-bit reference counts. See QEMU's
/// docs/interop/qcow2.txt for the meaning of the fields.
namespace virga::disk::qcow2 {

inline constexpr std::string_view kMagic("QFI\xfb", 4);
inline constexpr std::uint32_t kClusterBits = 16;
inline constexpr std::int64_t kClusterBytes = 1LL << kClusterBits;
inline constexpr std::uint32_t kRefcountOrder = 4;
inline constexpr std::size_t kHeaderBytes = 104;
inline constexpr std::size_t kHeaderBytesOf2 = 72;  ///< of version 2
inline constexpr std::uint32_t kBackingFormat = 0xe2792aca;
inline constexpr std::uint32_t kEndOfExtensions = 0;
inline constexpr std::uint32_t kEncryptionHeader = 0x0537be77;
inline constexpr std::uint32_t kLuks = 2;  ///< crypt_method

inline constexpr std::int64_t kRefcountTableCluster = 1;
inline constexpr std::int64_t kRefcountBlockCluster = 2;
inline constexpr std::int64_t kL1Cluster = 3;

/// An entry of the level 1 table stands for one level 2 table: 8192 clusters, 512 MiB.
inline constexpr std::int64_t kBytesPerL1Entry = (kClusterBytes / 8) * kClusterBytes;
/// 131,072 entries: 16 clusters of level 1 table, far within what one refcount block counts.
inline constexpr std::int64_t kMaxBytes = 64LL << 40;

constexpr std::uint64_t l1_entries(std::int64_t size_bytes) {
    return static_cast<std::uint64_t>((size_bytes + kBytesPerL1Entry - 1) / kBytesPerL1Entry);
}
constexpr std::uint64_t metadata_clusters(std::int64_t size_bytes) {
    const auto l1_bytes = l1_entries(size_bytes) * 8;
    return kL1Cluster + (l1_bytes + kClusterBytes - 1) / kClusterBytes;
}

}  // namespace virga::disk::qcow2
