#include "compute/virt/libvirt/cache_mode.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <mutex>

namespace virga::compute::virt::libvirt {
namespace {

bool direct_io_works(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
    if (fd < 0) return errno != EINVAL;
    ::close(fd);
    return true;
}

}  // namespace

std::string cache_mode(const std::string& path) {
    static std::mutex mutex;
    static std::map<dev_t, bool> known;
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return "none";
    const std::lock_guard lock(mutex);
    auto entry = known.find(found.st_dev);
    if (entry == known.end()) entry = known.emplace(found.st_dev, direct_io_works(path)).first;
    return entry->second ? "none" : "writeback";
}

}  // namespace virga::compute::virt::libvirt
