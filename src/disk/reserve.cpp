#include "disk/reserve.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>
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
std::map<std::uint64_t, std::int64_t> promised_bytes;  ///< by device

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

std::int64_t promised_on(std::uint64_t device) {
    const std::lock_guard lock(reserve_mutex);
    const auto found = promised_bytes.find(device);
    return found == promised_bytes.end() ? 0 : found->second;
}

std::string mib(std::int64_t bytes) {
    return std::to_string(bytes >> 20) + " MiB";
}

[[noreturn]] void refuse(const std::string& folder, std::int64_t bytes, std::int64_t usable, std::int64_t kept) {
    auto text = "The disk is full: " + mib(bytes) + " would be written, and " + mib(std::max<std::int64_t>(usable, 0)) +
                " may be";
    if (kept > 0) text += ": " + mib(kept) + " stay free for the cloud's own state (setting host.reserved_space_bytes)";
    throw Error(ErrorCode::NoSpace, text + ".", folder + " has " + mib(free_bytes(folder)));
}

}  // namespace

void keep_free(const std::string& state_folder, std::int64_t bytes) {
    if (bytes < 0) throw Error(ErrorCode::InvalidInput, "host.reserved_space_bytes must be 0 or more");
    const Reserve kept{device_of(state_folder), bytes};
    const std::lock_guard lock(reserve_mutex);
    the_reserve = kept;
}

std::int64_t usable_bytes(const std::string& folder) {
    const auto free = free_bytes(folder) - reserved_bytes(folder);
    return std::max<std::int64_t>(free - promised_on(device_of(folder)), 0);
}

// What the file system says is asked without the lock: a share that has died answers nobody.
SpacePromise::SpacePromise(const std::string& folder, std::int64_t bytes) : device_(device_of(folder)), left_(bytes) {
    if (bytes == 0) {
        require_reserve(folder);
        return;
    }
    const auto kept = reserved_bytes(folder);
    const auto free = free_bytes(folder);
    std::unique_lock lock(reserve_mutex);
    const auto usable = free - kept - promised_bytes[device_];
    if (bytes <= usable) {
        promised_bytes[device_] += bytes;
        return;
    }
    lock.unlock();
    refuse(folder, bytes, usable, kept);
}

SpacePromise::~SpacePromise() {
    release(left_);
}

void SpacePromise::written(std::int64_t bytes) {
    release(std::clamp<std::int64_t>(bytes - written_, 0, left_));
    written_ = std::max(written_, bytes);
}

void SpacePromise::release(std::int64_t bytes) {
    if (bytes == 0) return;
    left_ -= bytes;
    const std::lock_guard lock(reserve_mutex);
    promised_bytes[device_] -= bytes;
}

void require_reserve(const std::string& folder) {
    if (reserve_is_touched(folder)) refuse(folder, 0, 0, reserved_bytes(folder));
}

bool reserve_is_touched(const std::string& folder) {
    const auto kept = reserved_bytes(folder);
    return kept > 0 && free_bytes(folder) < kept;
}

}  // namespace virga::disk
