#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/json.hpp"

namespace virga::volume::host {

/// Keeps the last report of the backends, looking anew on a thread of its own: storage that doesn't answer then holds
/// up nobody who asks. Thread-safe.
class CapacityWatch {
public:
    explicit CapacityWatch(std::function<json::array()> look) : look_(std::move(look)) {}
    ~CapacityWatch() { stop(); }
    CapacityWatch(const CapacityWatch&) = delete;
    CapacityWatch& operator=(const CapacityWatch&) = delete;

    json::array last() const;
    /// Looks now, in the caller's thread. True when something is different.
    bool look();
    /// Looks every `interval`, and soon after each nudge(), until stop(); calls `changed` when something is different.
    void start(std::chrono::seconds interval, std::function<void()> changed);
    void nudge();
    void stop();  ///< Waits for a look that is under way.

private:
    void run(std::chrono::seconds interval, const std::function<void()>& changed);

    const std::function<json::array()> look_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    json::array last_;
    bool nudged_ = false;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace virga::volume::host
