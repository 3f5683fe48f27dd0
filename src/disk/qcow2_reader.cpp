#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "disk/qcow2_layout.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "base/error.hpp"

namespace virga::disk {
namespace {

constexpr std::uint64_t kMaxOffset = 1ULL << 56;  // of anything in a qcow2, by its entries' width

std::uint64_t number(const std::string& data, std::size_t offset, std::size_t width) {
    if (data.size() < offset + width) throw Error(ErrorCode::Corrupt, "qcow2 header is cut off");
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value = (value << 8) | static_cast<unsigned char>(data[offset + i]);
    return value;
}

std::string read_header(const File& file) {
    struct stat info {};
    if (::fstat(file.fd(), &info) != 0 || S_ISDIR(info.st_mode))
        throw Error(ErrorCode::Corrupt, "file " + file.path() + " is a folder");
    auto header = file.read_at(0, qcow2::kHeaderBytes);
    if (header.compare(0, qcow2::kMagic.size(), qcow2::kMagic) != 0)
        throw Error(ErrorCode::Corrupt, "file " + file.path() + " is not the qcow2 it should be");
    return header;
}

}  // namespace

std::int64_t virtual_size(const std::string& path, const std::string& format) {
    const auto file = File::open_for_reading(path);
    if (format == "raw") return file.size();
    if (format != "qcow2") throw Error(ErrorCode::NotSupported, "format " + format + " is not supported for disks");
    const auto bytes = number(read_header(file), 24, 8);
    if (bytes > kMaxOffset) throw Error(ErrorCode::Corrupt, "file " + path + " gives an impossible size");
    return static_cast<std::int64_t>(bytes);
}

std::optional<Backing> qcow2_backing(const std::string& path) {
    constexpr std::size_t kMaxName = 1023;
    const auto file = File::open_for_reading(path);
    const auto header = read_header(file);
    const auto offset = number(header, 8, 8);
    if (offset == 0) return std::nullopt;
    const auto length = number(header, 16, 4);
    const auto cluster = file.read_at(0, static_cast<std::size_t>(qcow2::kClusterBytes));
    if (length == 0 || length > kMaxName || offset > cluster.size() || length > cluster.size() - offset)
        throw Error(ErrorCode::Corrupt, "file " + path + " names an impossible backing file");
    Backing backing{cluster.substr(offset, length), {}};
    // QEMU would end the name there.
    if (backing.path.find('\0') != std::string::npos)
        throw Error(ErrorCode::Corrupt, "file " + path + " names an impossible backing file");
    const bool is_2 = number(header, 4, 4) == 2;  // its header ends where that of version 3 has more fields
    auto at = is_2 ? qcow2::kHeaderBytesOf2 : static_cast<std::size_t>(number(header, 100, 4));
    while (at < offset) {
        const auto type = number(cluster, at, 4);
        const auto bytes = static_cast<std::size_t>(number(cluster, at + 4, 4));
        if (type == qcow2::kEndOfExtensions) break;
        if (bytes > cluster.size() - at - 8) throw Error(ErrorCode::Corrupt, "file " + path + " has a broken header");
        if (type == qcow2::kBackingFormat) backing.format = cluster.substr(at + 8, bytes);
        at += 8 + (bytes + 7) / 8 * 8;
    }
    return backing;
}

bool qcow2_is_encrypted(const std::string& path) {
    return number(read_header(File::open_for_reading(path)), 32, 4) != 0;
}

bool qcow2_is_empty(const std::string& path) {
    constexpr std::uint64_t kMaxL1Bytes = 32 * 1024 * 1024;
    constexpr std::uint64_t kPiece = 64 * 1024;  // the file tells the table's size; it must not tell how much is held
    const auto file = File::open_for_reading(path);
    const auto header = read_header(file);
    const auto bytes = number(header, 36, 4) * 8;
    const auto start = number(header, 40, 8);
    if (bytes > kMaxL1Bytes || start > kMaxOffset) return false;
    for (std::uint64_t at = 0; at < bytes; at += kPiece) {
        const auto wanted = static_cast<std::size_t>(std::min(kPiece, bytes - at));
        const auto piece = file.read_at(static_cast<std::int64_t>(start + at), wanted);
        if (!std::all_of(piece.begin(), piece.end(), [](char c) { return c == 0; })) return false;
    }
    return true;
}

}  // namespace virga::disk
