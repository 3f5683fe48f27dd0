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
            while (!stopped_.wait_for(lock, pause, [this] { return stopping_; })) {
                lock.unlock();
                function();
                lock.lock();
            }
        });
    }
    /// Returns when the function doesn't run and won't again.
    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        stopped_.notify_one();
        if (thread_.joinable()) thread_.join();
    }

private:
    std::mutex mutex_;
    std::condition_variable stopped_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace virga::taskflow
