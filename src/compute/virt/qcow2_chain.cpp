#include "compute/virt/qcow2_chain.hpp"

#include <filesystem>
#include <fstream>

#include "base/error.hpp"

namespace virga::compute::virt {
namespace {

constexpr std::uint32_t kMagic = 0x514649fb;  // "QFI\xfb"
constexpr std::uint32_t kEndOfExtensions = 0;
constexpr std::uint32_t kBackingFormat = 0xe2792aca;
constexpr std::size_t kMaxHeader = 64 * 1024;  // of the first cluster; header, extensions and names are within
constexpr std::size_t kVersion2Length = 72;
constexpr std::size_t kMaxChain = 64;

[[noreturn]] void corrupt(const std::string& path, const std::string& what) {
    throw Error(ErrorCode::Corrupt, "disk file '" + path + "' " + what);
}

/// Big-endian reads with bounds.
class Header {
public:
    Header(std::string bytes, std::string path) : bytes_(std::move(bytes)), path_(std::move(path)) {}
    std::uint64_t number(std::uint64_t offset, int width) const {
        std::uint64_t value = 0;
        for (const char byte : text(offset, static_cast<std::uint64_t>(width)))
            value = value << 8 | static_cast<unsigned char>(byte);
        return value;
    }
    std::string_view text(std::uint64_t offset, std::uint64_t length) const {
        if (offset > bytes_.size() || length > bytes_.size() - offset) corrupt(path_, "has a truncated qcow2 header");
        return std::string_view(bytes_).substr(offset, length);
    }

private:
    std::string bytes_;
    std::string path_;
};

Header read_header(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw Error(ErrorCode::NotFound, "disk file '" + path + "' is missing");
    std::string bytes(kMaxHeader, '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    return Header(std::move(bytes), path);
}

std::string backing_format(const Header& header, std::uint64_t version) {
    std::uint64_t at = version >= 3 ? header.number(100, 4) : kVersion2Length;
    while (true) {
        const auto type = static_cast<std::uint32_t>(header.number(at, 4));
        const auto length = header.number(at + 4, 4);
        if (type == kEndOfExtensions) return {};
        if (type == kBackingFormat) return std::string(header.text(at + 8, length));
        at += 8 + (length + 7) / 8 * 8;
    }
}

}  // namespace

std::optional<ChainLink> backing_of(const std::string& qcow2_path) {
    const auto header = read_header(qcow2_path);
    if (header.number(0, 4) != kMagic) corrupt(qcow2_path, "is recorded as qcow2 but has no qcow2 header");
    const auto offset = header.number(8, 8);
    if (offset == 0) return std::nullopt;
    const std::string name(header.text(offset, header.number(16, 4)));
    auto format = backing_format(header, header.number(4, 4));
    if (format != "raw" && format != "qcow2") corrupt(qcow2_path, "does not say the format of its backing file");
    const auto full = std::filesystem::path(qcow2_path).parent_path() / name;  // an absolute name replaces the folder
    return ChainLink{full.lexically_normal().string(), std::move(format)};
}

std::vector<ChainLink> backing_chain(const std::string& path, const std::string& format) {
    std::vector<ChainLink> chain;
    ChainLink current{path, format};
    while (current.format == "qcow2") {
        const auto below = backing_of(current.path);
        if (!below) break;
        if (chain.size() == kMaxChain) corrupt(path, "has too long a backing chain");
        chain.push_back(*below);
        current = *below;
    }
    return chain;
}

}  // namespace virga::compute::virt
