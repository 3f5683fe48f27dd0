#include "volume/host/drivers/files/space.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "disk/reserve.hpp"

namespace virga::volume::host::files {
namespace {

std::string mib(std::int64_t bytes) {
    return std::to_string(bytes >> 20) + " MiB";
}

}  // namespace

void Space::Claim::written(std::int64_t bytes) {
    const auto more = std::min(bytes - written_, bytes_);
    if (more <= 0) return;
    written_ = bytes;
    bytes_ -= more;
    space_.release(more);
}

Space::Claim Space::claim(std::int64_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto free = disk::usable_bytes(folder_) - claimed_;
    if (bytes > 0 && bytes > free)
        throw Error(ErrorCode::NoSpace, "The storage is full: " + mib(bytes) + " are needed, " +
                                            mib(std::max<std::int64_t>(free, 0)) + " are free.");
    claimed_ += bytes;
    return Claim(*this, bytes);
}

std::int64_t Space::free_bytes() const {
    const std::lock_guard lock(mutex_);
    return std::max<std::int64_t>(disk::usable_bytes(folder_) - claimed_, 0);
}

void Space::release(std::int64_t bytes) {
    const std::lock_guard lock(mutex_);
    claimed_ -= bytes;
}

}  // namespace virga::volume::host::files
