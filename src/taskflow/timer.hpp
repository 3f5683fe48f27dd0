#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace virga::taskflow {

/// Runs functions at a later time on one thread. Functions must be short: they post work elsewhere.
class Timer {
public:
    Timer() : thread_([this] { run(); }) {}
    ~Timer() { stop(); }

    void after(std::chrono::milliseconds pause, std::function<void()> function) {
        {
            const std::lock_guard lock(mutex_);
            due_.emplace(std::chrono::steady_clock::now() + pause, std::move(function));
        }
        wake_.notify_one();
    }

    /// Drops what is not due yet.
    void stop() {
        {
            const std::lock_guard lock(mutex_);
            closing_ = true;
        }
        wake_.notify_one();
        if (thread_.joinable()) thread_.join();
    }

private:
    void run() {
        std::unique_lock lock(mutex_);
        while (!closing_) {
            if (due_.empty()) {
                wake_.wait(lock);
                continue;
            }
            const auto first = due_.begin();
            if (std::chrono::steady_clock::now() < first->first) {
                const auto until = first->first;
                wake_.wait_until(lock, until);
                continue;
            }
            auto function = std::move(first->second);
            due_.erase(first);
            lock.unlock();
            function();
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_;
    std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> due_;
    bool closing_ = false;
    std::thread thread_;
};

}  // namespace virga::taskflow
