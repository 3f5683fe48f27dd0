#include "base/own_folder.hpp"

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"

namespace virga {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& setting, const std::string& why) {
    throw Error(ErrorCode::InvalidInput, setting + ": " + why);
}

}  // namespace

bool is_of_others(const std::string& path, const std::vector<std::string>& signs) {
    std::error_code failure;
    bool is_empty = true;
    for (fs::directory_iterator entry(path, failure), end; !failure && entry != end; entry.increment(failure)) {
        const auto name = entry->path().filename().string();
        if (std::find(signs.begin(), signs.end(), name) != signs.end()) return false;
        is_empty = is_empty && name == "lost+found";
    }
    return !is_empty;
}

void check_folder(const std::string& setting, const std::string& path) {
    if (!path.starts_with('/')) refuse(setting, "must be an absolute path");
    // /proc is a folder in which none can be made.
    if (path == "/proc" || path.starts_with("/proc/")) refuse(setting, path + " is no place for a folder");
    for (fs::path part(path); part.has_relative_path(); part = part.parent_path()) {
        std::error_code failure;
        const auto kind = fs::status(part, failure).type();
        if (kind == fs::file_type::directory) return;
        if (kind != fs::file_type::not_found)
            refuse(setting, path + " can't be a folder: " + part.string() + " isn't one");
    }
}

void check_own_folder(const std::string& setting, const std::string& path, const std::vector<std::string>& signs) {
    check_folder(setting, path);
    if (path == "/" || is_of_others(path, signs))
        refuse(setting, path + " holds what isn't of this cloud: name an empty folder, or one that isn't there yet");
}

}  // namespace virga
