#include "disk/keyed.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "base/json.hpp"
#include "disk/layers.hpp"

namespace virga::disk {
namespace {

constexpr const char* kName = "key";

json::object file_of(const std::string& path) {
    return {{"driver", "file"}, {"filename", path}};
}

json::object layer_of(const std::string& path) {
    json::object layer{{"driver", "qcow2"}};
    layer["file"] = file_of(path);
    layer["encrypt"] = json::object{{"format", "luks"}, {"key-secret", kName}};
    return layer;
}

json::object chain_of(const std::string& path, const std::string& format) {
    const auto layers = layers_of(path, format);
    json::object below;
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
        json::object one{{"driver", layer->format}, {"file", file_of(layer->path)}};
        if (layer->format == "qcow2") one = layer_of(layer->path);
        if (!below.empty()) one["backing"] = std::move(below);
        below = std::move(one);
    }
    return below;
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

std::string KeyFile::path() const {
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd_);
}

std::vector<std::string> KeyFile::arguments() const {
    return {"--object", std::string("secret,id=") + kName + ",file=" + path()};
}

SandboxFile KeyFile::file() const {
    return {path(), false, fd_};
}

std::string keyed_disk(const std::string& path, const std::string& format) {
    return text_of(chain_of(path, format));
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
