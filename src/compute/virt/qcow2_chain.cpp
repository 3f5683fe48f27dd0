#include "compute/virt/qcow2_chain.hpp"

#include <filesystem>

#include "base/error.hpp"
#include "disk/disk.hpp"

namespace virga::compute::virt {
namespace {

constexpr std::size_t kMaxChain = 64;

[[noreturn]] void corrupt(const std::string& path, const std::string& what) {
    throw Error(ErrorCode::Corrupt, "disk file '" + path + "' " + what);
}

}  // namespace

std::optional<ChainLink> backing_of(const std::string& qcow2_path) {
    const auto backing = disk::qcow2_backing(qcow2_path);
    if (!backing) return std::nullopt;
    if (backing->format != "raw" && backing->format != "qcow2")
        corrupt(qcow2_path, "does not say the format of its backing file");
    // An absolute name replaces the folder.
    const auto full = std::filesystem::path(qcow2_path).parent_path() / backing->path;
    return ChainLink{full.lexically_normal().string(), disk::format_of(backing->format)};
}

std::vector<ChainLink> backing_chain(const std::string& path, disk::Format format) {
    std::vector<ChainLink> chain;
    ChainLink current{path, format};
    while (current.format == disk::Format::Qcow2) {
        const auto below = backing_of(current.path);
        if (!below) break;
        if (chain.size() == kMaxChain) corrupt(path, "has too long a backing chain");
        chain.push_back(*below);
        current = *below;
    }
    return chain;
}

}  // namespace virga::compute::virt
