#include "disk/keyed.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "base/json.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"

namespace virga::disk {
namespace {

constexpr const char* kName = "key";
constexpr int kMaxChain = 64;

json::object file_of(const std::string& path) {
    return {{"driver", "file"}, {"filename", path}};
}

json::object layer_of(const std::string& path) {
    json::object layer{{"driver", "qcow2"}};
    layer["file"] = file_of(path);
    layer["encrypt"] = json::object{{"format", "luks"}, {"key-secret", kName}};
    return layer;
}

json::object chain_of(const std::string& path, const std::string& format, int depth) {
    if (depth == kMaxChain) throw Error(ErrorCode::Corrupt, "the files beneath a disk form a circle", path);
    if (format == "raw") {
        json::object raw{{"driver", "raw"}};
        raw["file"] = file_of(path);
        return raw;
    }
    if (format != "qcow2") throw Error(ErrorCode::Corrupt, "a file beneath a disk has no known format", path);
    auto layer = layer_of(path);
    if (const auto backing = qcow2_backing(path)) {
        const auto below = backing->path.starts_with('/') ? backing->path : folder_of(path) + "/" + backing->path;
        layer["backing"] = chain_of(below, backing->format, depth + 1);
    }
    return layer;
}

std::string text_of(const json::object& disk) {
    return "json:" + json::serialize(disk);
}

}  // namespace

KeyFile::KeyFile(const Secret& key) : fd_(::memfd_create("virga-key", MFD_CLOEXEC)) {
    if (fd_ < 0) throw_errno(ErrorCode::Internal, "file in memory", errno);
    const auto& text = key.reveal();
    const bool written = ::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (written) return;
    ::close(fd_);
    throw Error(ErrorCode::Internal, "a key could not be written to a file in memory");
}

KeyFile::~KeyFile() {
    ::close(fd_);
}

std::vector<std::string> KeyFile::arguments() const {
    const auto path = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd_);
    return {"--object", std::string("secret,id=") + kName + ",file=" + path};
}

std::string keyed_disk(const std::string& path, const std::string& format) {
    return text_of(chain_of(path, format, 0));
}

std::string keyed_layer(const std::string& path) {
    return text_of(layer_of(path));
}

std::string keyed_options(const std::string& path) {
    std::string name;
    for (const char c : path) name += c == ',' ? std::string(",,") : std::string(1, c);
    return std::string("driver=qcow2,encrypt.format=luks,encrypt.key-secret=") + kName + ",file.driver=file," +
           "file.filename=" + name;
}

}  // namespace virga::disk
