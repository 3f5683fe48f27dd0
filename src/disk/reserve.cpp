#include "disk/reserve.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <mutex>

#include "base/error.hpp"
#include "disk/disk.hpp"

namespace virga::disk {
namespace {

struct Reserve {
    dev_t device = 0;
    std::int64_t bytes = 0;
};

std::mutex reserve_mutex;
Reserve the_reserve;

Reserve reserve() {
    const std::lock_guard lock(reserve_mutex);
    return the_reserve;
}

dev_t device_of(const std::string& folder) {
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0) throw_errno(ErrorCode::Internal, "stat " + folder, errno);
    return info.st_dev;
}

std::int64_t reserved_bytes(const std::string& folder) {
    const auto kept = reserve();
    return kept.bytes > 0 && device_of(folder) == kept.device ? kept.bytes : 0;
}

std::string mib(std::int64_t bytes) {
    return std::to_string(bytes >> 20) + " MiB";
}

}  // namespace

void keep_free(const std::string& state_folder, std::int64_t bytes) {
    if (bytes < 0) throw Error(ErrorCode::InvalidInput, "host.reserved_space_bytes must be 0 or more");
    const Reserve kept{device_of(state_folder), bytes};
    const std::lock_guard lock(reserve_mutex);
    the_reserve = kept;
}

std::int64_t usable_bytes(const std::string& folder) {
    return std::max<std::int64_t>(free_bytes(folder) - reserved_bytes(folder), 0);
}

void require_space(const std::string& folder, std::int64_t bytes) {
    const auto kept = reserved_bytes(folder);
    if (kept == 0 || free_bytes(folder) - bytes >= kept) return;
    throw Error(ErrorCode::NoSpace,
                "The disk is full: " + mib(bytes) + " would be written, and " + mib(kept) +
                    " stay free for the cloud's own state (setting host.reserved_space_bytes).",
                folder + " has " + mib(free_bytes(folder)));
}

bool reserve_is_touched(const std::string& folder) {
    const auto kept = reserved_bytes(folder);
    return kept > 0 && free_bytes(folder) < kept;
}

}  // namespace virga::disk
