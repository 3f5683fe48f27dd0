#include "image/stores/free_space.hpp"

#include <sys/statvfs.h>

#include <cerrno>

#include "base/error.hpp"

namespace virga::image {

std::int64_t free_bytes(const std::string& folder) {
    struct statvfs info {};
    if (::statvfs(folder.c_str(), &info) != 0) {
        throw_errno(ErrorCode::Unavailable, "look at the file system of " + folder, errno);
    }
    return static_cast<std::int64_t>(info.f_bavail) * static_cast<std::int64_t>(info.f_frsize);
}

void require_space(const std::string& folder, std::int64_t bytes, std::int64_t reserve) {
    if (free_bytes(folder) - bytes >= reserve) return;
    throw Error(ErrorCode::NoSpace, "There is not enough space left in the image store.",
                "writing would leave less than the reserve of " + std::to_string(reserve) + " bytes in " + folder);
}

}  // namespace virga::image
