#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace virga::compute::virt::libvirt {

/// Lets a thread wait for "something happened to a guest" without polling: every libvirt event notes itself, and the
/// waiter looks at the guest again. No libvirt call is made under the lock.
class Watch {
public:
    void note() {
        const std::lock_guard lock(mutex_);
        ++count_;
        changed_.notify_all();
    }

    /// True as soon as `done` is; false when `timeout` has passed first.
    bool wait(std::chrono::milliseconds timeout, const std::function<bool()>& done) {
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        while (true) {
            const auto seen = count();
            if (done()) return true;
            std::unique_lock lock(mutex_);
            if (!changed_.wait_until(lock, deadline, [&] { return count_ != seen; })) return false;
        }
    }

private:
    std::uint64_t count() {
        const std::lock_guard lock(mutex_);
        return count_;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t count_ = 0;
};

}  // namespace virga::compute::virt::libvirt
