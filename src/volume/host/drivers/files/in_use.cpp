#include "volume/host/drivers/files/in_use.hpp"

#include <fcntl.h>

#include <cerrno>

#include "base/error.hpp"
#include "disk/file.hpp"

namespace virga::volume::host::files {

bool is_open_by_guest(const std::string& path) {
    const auto file = disk::File::open_for_writing(path);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 101;
    lock.l_len = 1;
    if (::fcntl(file.fd(), F_OFD_GETLK, &lock) != 0) throw_errno(ErrorCode::Internal, "lock of " + path, errno);
    return lock.l_type != F_UNLCK;
}

}  // namespace virga::volume::host::files
