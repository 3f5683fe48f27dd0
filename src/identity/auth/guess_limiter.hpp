#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace virga::identity {

/// How failures of one kind slow down: so many are free, then each doubles the wait up to the longest.
struct BackOff {
    int free;
    std::chrono::seconds longest;
};

/// Failures by key, at most so many keys: the one that was quiet for longest makes room.
class FailureTable {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::size_t kMost = 4096;
    static constexpr std::chrono::minutes kForgotten{15};  ///< a key without failures for so long starts anew

    explicit FailureTable(BackOff back_off) : back_off_(back_off) {}
    std::chrono::seconds wait(const std::string& key, Clock::time_point now) const;
    void failed(const std::string& key, Clock::time_point now);
    void forget(const std::string& key);
    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        std::string key;
        int failures;
        Clock::time_point last;
    };
    BackOff back_off_;
    std::list<Entry> entries_;  ///< the latest first
    std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
};

/// Slows down who guesses passwords: one user from one address at first, then one address whatever the user, and one
/// user wherever it comes from. It counts by what was asked for, so that a user who doesn't exist is no different from
/// one who does, and it says so before any password is looked at.
class GuessLimiter {
public:
    using Clock = FailureTable::Clock;
    explicit GuessLimiter(std::function<Clock::time_point()> now = &Clock::now) : now_(std::move(now)) {}

    /// Zero: the login may be looked at. `address` is empty for one that stands for many users.
    std::chrono::seconds wait(std::string_view user, std::string_view address);
    void failed(std::string_view user, std::string_view address);
    /// Forgets what the user has failed here, not what the address has.
    void succeeded(std::string_view user, std::string_view address);

private:
    std::function<Clock::time_point()> now_;
    std::mutex mutex_;
    FailureTable pairs_{{5, std::chrono::seconds(300)}};
    FailureTable addresses_{{30, std::chrono::seconds(60)}};
    FailureTable users_{{50, std::chrono::seconds(60)}};
};

}  // namespace virga::identity
