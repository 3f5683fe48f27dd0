#include "disk/layers.hpp"

#include <fcntl.h>

#include "base/error.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"

namespace virga::disk {
namespace {

constexpr std::size_t kMaxChain = 200;

// That a file is missing is something else than that it may not be one.
void check_beneath(const std::string& folder, const std::string& path) {
    try {
        if (path.starts_with(folder)) {
            File::open_beneath(folder, path.substr(folder.size()), O_PATH);
            return;
        }
    } catch (const Error& failure) {
        if (failure.code() == ErrorCode::NotFound) throw;
    }
    throw Error(ErrorCode::Corrupt, "a disk stands on a file outside of its folder", path);
}

}  // namespace

std::vector<Layer> layers_of(const std::string& path, const std::string& format) {
    const auto folder = folder_of(path) + "/";
    std::vector<Layer> layers{{path, format}};
    while (layers.back().format == "qcow2") {
        const auto& top = layers.back();
        const auto backing = qcow2_backing(top.path);
        if (!backing) break;
        if (backing->format != "raw" && backing->format != "qcow2")
            throw Error(ErrorCode::Corrupt, "a file beneath a disk has no known format", top.path);
        auto below = backing->path.starts_with('/') ? backing->path : folder_of(top.path) + "/" + backing->path;
        check_beneath(folder, below);
        if (layers.size() == kMaxChain) throw Error(ErrorCode::Corrupt, "the files beneath a disk form a circle", path);
        layers.push_back({std::move(below), backing->format});
    }
    return layers;
}

std::vector<SandboxFile> files_of(const std::string& path, const std::string& format, Use use) {
    std::vector<SandboxFile> files;
    for (auto& layer : layers_of(path, format)) files.push_back({std::move(layer.path), false});
    files.front().writable = use == Use::Write;
    return files;
}

}  // namespace virga::disk
