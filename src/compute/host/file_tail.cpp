#include "compute/host/file_tail.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "base/scope_exit.hpp"

namespace virga::compute::host {

std::string file_tail(const std::string& path, std::int64_t max_bytes) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) return {};
    if (fd < 0) throw_errno(ErrorCode::Internal, "open " + path, errno);
    const ScopeExit close([&] { ::close(fd); });
    const std::int64_t size = ::lseek(fd, 0, SEEK_END);
    std::int64_t at = std::max<std::int64_t>(0, size - max_bytes);
    std::string text;
    char buffer[65536];
    while (static_cast<std::int64_t>(text.size()) < max_bytes) {
        const auto wanted = std::min<std::size_t>(sizeof buffer, static_cast<std::size_t>(max_bytes) - text.size());
        const auto got = ::pread(fd, buffer, wanted, at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw_errno(ErrorCode::Internal, "read " + path, errno);
        if (got == 0) break;
        text.append(buffer, static_cast<std::size_t>(got));
        at += got;
    }
    return text;
}

}  // namespace virga::compute::host
