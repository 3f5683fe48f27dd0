#include <unistd.h>

#include <limits>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "disk/luks_header.hpp"
#include "disk/qcow2_layout.hpp"
#include "disk/reserve.hpp"

namespace virga::disk {
namespace {

using namespace qcow2;

void put(std::string& into, std::size_t offset, std::uint64_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) into[offset + i] = static_cast<char>(value >> (8 * (width - 1 - i)));
}

std::string number(std::uint64_t value, std::size_t width) {
    std::string text(width, '\0');
    put(text, 0, value, width);
    return text;
}

// Magic number, length, the bytes padded to eight.
std::string extension(std::uint32_t type, const std::string& data) {
    auto text = number(type, 4) + number(data.size(), 4) + data;
    text.resize((text.size() + 7) / 8 * 8, '\0');
    return text;
}

// Behind the level 1 table, in clusters of their own.
std::int64_t luks_offset(std::int64_t size_bytes) {
    return static_cast<std::int64_t>(metadata_clusters(size_bytes)) * kClusterBytes;
}

constexpr std::uint64_t kLuksClusters = (luks::kHeaderBytes + kClusterBytes - 1) / kClusterBytes;

std::string header(std::int64_t size_bytes, const std::optional<Backing>& backing, bool encrypted) {
    std::string text(kHeaderBytes, '\0');
    text.replace(0, 4, kMagic);
    put(text, 4, 3, 4);
    put(text, 20, kClusterBits, 4);
    put(text, 24, static_cast<std::uint64_t>(size_bytes), 8);
    if (encrypted) put(text, 32, kLuks, 4);
    put(text, 36, l1_entries(size_bytes), 4);
    put(text, 40, kL1Cluster * kClusterBytes, 8);
    put(text, 48, kRefcountTableCluster * kClusterBytes, 8);
    put(text, 56, 1, 4);  // clusters of the refcount table
    put(text, 96, kRefcountOrder, 4);
    put(text, 100, kHeaderBytes, 4);
    if (backing) text += extension(kBackingFormat, backing->format);
    if (encrypted)
        text += extension(kEncryptionHeader, number(static_cast<std::uint64_t>(luks_offset(size_bytes)), 8) +
                                                 number(luks::kHeaderBytes, 8));
    text += extension(kEndOfExtensions, {});
    if (backing) {
        put(text, 8, text.size(), 8);
        put(text, 16, backing->path.size(), 4);
        text += backing->path;
    }
    return text;
}

void check_arguments(std::int64_t size_bytes, const std::optional<Backing>& backing) {
    constexpr std::size_t kMaxBackingName = 1023;  // the format's own bound
    if (size_bytes <= 0 || size_bytes > kMaxBytes)
        throw Error(ErrorCode::InvalidInput, "size of a qcow2 must be over 0 and at most 64 TiB");
    if (!backing) return;
    if (backing->format != "raw" && backing->format != "qcow2")
        throw Error(ErrorCode::InvalidInput, "backing format must be raw or qcow2");
    if (backing->path.empty() || backing->path.size() > kMaxBackingName)
        throw Error(ErrorCode::InvalidInput, "backing file name must have 1 to 1023 bytes");
}

// Header, refcount table, one refcount block, level 1 table, LUKS header; every one of these clusters has the reference
// count 1.
void write_metadata(File& file, std::int64_t size_bytes, const std::optional<Backing>& backing, const Secret& key) {
    const bool encrypted = !key.empty();
    const auto clusters = metadata_clusters(size_bytes) + (encrypted ? kLuksClusters : 0);
    file.resize(static_cast<std::int64_t>(clusters * kClusterBytes));
    file.write_at(0, header(size_bytes, backing, encrypted));
    file.write_at(kRefcountTableCluster * kClusterBytes, number(kRefcountBlockCluster * kClusterBytes, 8));
    std::string counts;
    for (std::uint64_t i = 0; i < clusters; ++i) counts += number(1, 2);
    file.write_at(kRefcountBlockCluster * kClusterBytes, counts);
    if (!encrypted) return;
    for (const auto& part : luks::make_header(key)) file.write_at(luks_offset(size_bytes) + part.offset, part.bytes);
}

}  // namespace

void create_qcow2(const std::string& path, std::int64_t size_bytes, const std::optional<Backing>& backing,
                  const Secret& key) {
    check_arguments(size_bytes, backing);
    require_reserve(folder_of(path));
    const auto part = path + ".part";
    ScopeExit cleanup([&] { ::unlink(part.c_str()); });
    {
        auto file = File::create(part);
        write_metadata(file, (size_bytes + 511) / 512 * 512, backing, key);
        file.sync();
    }
    rename_durably(part, path);
    cleanup.dismiss();
}

}  // namespace virga::disk
