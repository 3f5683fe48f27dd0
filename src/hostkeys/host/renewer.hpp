#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "hostkeys/host/joined.hpp"

namespace virga::hostkeys::host {

/// Keeps the credentials of a host good: renews them when half of their time is over, again and again until it has
/// worked. A connection that ends with the old ones is made anew with the new ones.
class Renewer {
public:
    /// `refused` is called at most once, on the thread of this class: the host is none any more.
    Renewer(Joined joined, std::function<void(const Error&)> refused);
    ~Renewer();
    Renewer(const Renewer&) = delete;
    Renewer& operator=(const Renewer&) = delete;

    /// Renews what is due, once. False: the credentials are over, and no control process could be asked.
    /// Throws Error{Forbidden}.
    bool prepare();
    void start();

private:
    /// Whether it has worked, or need not be.
    bool renew_if_due();
    void tell(const std::string& failure);
    std::chrono::seconds rest() const;
    void run();

    const Joined joined_;
    const std::function<void(const Error&)> refused_;
    std::string failure_;  ///< the last one, for the log
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace virga::hostkeys::host
