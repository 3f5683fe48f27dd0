#include "disk/root.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"

namespace virga::disk {
namespace {

[[noreturn]] void outside(const std::string& path) {
    throw Error(ErrorCode::InvalidInput, "a path of the command doesn't lie in a folder of this host", path);
}

}  // namespace

Root::Root(std::string folder) : folder_(std::move(folder)) {
    while (folder_.size() > 1 && folder_.ends_with('/')) folder_.pop_back();
    if (!folder_.starts_with('/')) throw Error(ErrorCode::InvalidInput, "'" + folder_ + "' is no absolute path");
}

bool Root::names(std::string_view path) const {
    if (path.find('\0') != std::string_view::npos) return false;
    return path == folder_ || (path.starts_with(folder_) && path.substr(folder_.size()).starts_with('/'));
}

File Root::resolve(const std::string& path, int flags) const {
    if (!names(path)) outside(path);
    auto inside = path.substr(folder_.size());
    inside.erase(0, inside.find_first_not_of('/'));
    if (inside.empty()) inside = ".";
    return File::open_beneath(folder_, inside, flags);
}

File Root::open(const std::string& path) const {
    return resolve(path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
}

File Root::open_folder(const std::string& path) const {
    return resolve(path, O_RDONLY | O_DIRECTORY);
}

void Root::check(const std::string& path) const {
    try {
        resolve(path, O_PATH);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::NotFound) throw;
    }
}

Roots::Roots(const std::vector<std::string>& folders) {
    for (const auto& folder : folders) roots_.emplace_back(folder);
}

void Roots::check(const std::string& path, std::string_view what) const {
    const auto step_out = path.find("/../") != std::string::npos || path.ends_with("/..");
    const auto root = std::find_if(roots_.begin(), roots_.end(), [&](const Root& one) { return one.names(path); });
    if (step_out || root == roots_.end())
        throw Error(ErrorCode::InvalidInput, std::string(what) + " doesn't lie in a folder for volumes of this host",
                    path);
    root->check(path);
}

}  // namespace virga::disk
