#include "compute/host/console_logs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/scope_exit.hpp"
#include "compute/host/server_folder.hpp"

namespace virga::compute::host {
namespace {

constexpr std::int64_t kBlock = 4096;
constexpr std::int64_t kSector = 512;

}  // namespace

std::int64_t bound_log(const std::string& path, std::int64_t kept_bytes) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return 0;
    if (found.st_blocks * kSector <= 2 * kept_bytes) return 0;
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return 0;
    const ScopeExit close([&] { ::close(fd); });
    const auto begin = std::max<std::int64_t>(0, ::lseek(fd, 0, SEEK_DATA));
    const std::int64_t end = (::lseek(fd, 0, SEEK_END) - kept_bytes) / kBlock * kBlock;
    if (end <= begin) return 0;
    if (::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, begin, end - begin) != 0) return 0;
    return end - begin;
}

void bound_console_logs(const std::string& instances, std::int64_t kept_bytes) {
    for (const auto& server : server_folders(instances))
        bound_log(ServerFolder(instances, server).console_log(), kept_bytes);
}

}  // namespace virga::compute::host
