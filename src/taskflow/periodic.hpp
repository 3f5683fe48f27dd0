#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace virga::taskflow {

/// Calls a function again and again on a thread of its own. It must not throw.
class Periodic {
public:
    Periodic() = default;
    Periodic(const Periodic&) = delete;
    Periodic& operator=(const Periodic&) = delete;
    ~Periodic() { stop(); }

    void start(std::chrono::milliseconds pause, std::function<void()> function) {
        thread_ = std::thread([this, pause, function = std::move(function)] {
            std::unique_lock lock(mutex_);
            for (;;) {
                changed_.wait_for(lock, pause, [this] { return stopping_ || due_; });
                if (stopping_) return;
                due_ = false;
                lock.unlock();
                function();
                lock.lock();
            }
        });
    }
    /// The pause ends at once: what is so now will be seen by a call that begins later.
    void now() {
        {
            const std::lock_guard lock(mutex_);
            due_ = true;
        }
        changed_.notify_one();
    }
    /// Returns when the function doesn't run and won't again.
    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_one();
        if (thread_.joinable()) thread_.join();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool due_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace virga::taskflow
