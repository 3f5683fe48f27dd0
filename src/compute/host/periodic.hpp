#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace virga::compute::host {

/// Runs a function again and again on a thread of its own until it is stopped. The function must not throw.
class Periodic {
public:
    Periodic() = default;
    ~Periodic() { stop(); }
    Periodic(const Periodic&) = delete;
    Periodic& operator=(const Periodic&) = delete;

    void start(std::chrono::seconds interval, std::function<void()> work);
    void stop();  ///< Waits for a run that is under way.

private:
    std::mutex mutex_;
    std::condition_variable wake_;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace virga::compute::host
