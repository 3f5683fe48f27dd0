#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace virga::volume::host {

/// Locks by name. All that one operation needs are taken at once, so two operations can't wait for each other.
class LockTable {
public:
    class Held {
    public:
        Held(LockTable& table, std::set<std::string> names) : table_(table), names_(std::move(names)) {}
        ~Held();
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;

        /// Whether somebody waits for one of them: work that may be put off should end.
        bool is_wanted() const;

    private:
        LockTable& table_;
        std::set<std::string> names_;
    };

    using Clock = std::chrono::steady_clock;

    /// Waits until all are free. `cancelled` is asked every 100 ms while waiting; true throws Error{Cancelled}. Error
    /// {Busy} when they aren't free by `until`.
    Held lock(const std::set<std::string>& names, const std::function<bool()>& cancelled,
              Clock::time_point until = Clock::time_point::max());

private:
    bool is_free(const std::set<std::string>& names) const;

    std::mutex mutex_;
    std::condition_variable released_;
    std::set<std::string> locked_;
    std::multiset<std::string> wanted_;  ///< by those who wait
};

}  // namespace virga::volume::host
