#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "identity/auth/latest_map.hpp"

namespace virga::identity {

/// How failures of one kind slow down: so many are free, then each doubles the wait up to the longest.
struct BackOff {
    int free;
    std::chrono::seconds longest;
};

/// Failures by key, at most so many keys: the one that failed least makes room, of several the one that was quiet for
/// longest. What it had failed is counted for each key that comes later, as it may be that one again: nobody gets a new
/// start by failing with many other keys.
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
    struct Failures {
        int count = 0;
        Clock::time_point last;
    };
    using Order = std::set<std::tuple<int, Clock::time_point, std::string>>;
    int live_count(const Failures& failures, Clock::time_point now) const;
    void make_room(Clock::time_point now);

    BackOff back_off_;
    LatestMap<Failures> entries_{kMost};
    Order least_first_;  ///< the same keys, by their counts
    Failures floor_;     ///< most that a key had failed when it made room, and when
};

/// Where users have logged in: a few places of each, so that who has one account and many addresses pushes out no
/// place of anybody else. Of too many users, one of the domain with most of them makes room, so that neither does who
/// makes users in a domain of his own.
class KnownPlaces {
public:
    using Clock = FailureTable::Clock;
    static constexpr std::size_t kMostUsers = 4096;
    static constexpr std::size_t kMostOfUser = 8;
    static constexpr std::chrono::hours kForgotten{7 * 24};  ///< without a login from there

    bool has(const std::string& user, const std::string& place, Clock::time_point now) const;
    void add(const std::string& user, const std::string& domain, const std::string& place, Clock::time_point now);
    std::size_t size() const { return domain_of_.size(); }

private:
    struct Place {
        std::string key;
        Clock::time_point last;
    };
    using Users = LatestMap<std::vector<Place>>;  ///< of each the latest place first
    void make_room();
    std::map<std::string, Users, std::less<>> domains_;  ///< none is empty
    LatestMap<std::string> domain_of_{kMostUsers};
};

/// Slows down who guesses passwords: one user from one address at first, then one address whatever the user, and one
/// user wherever it comes from. The last two would lock out the user himself while others guess, so where he has logged
/// in before only the first is for him, and what he fails there counts for nothing else. It counts by what was asked
/// for, so that a user who doesn't exist is no different from one who does, and it says so before any password is
/// looked at. Addresses of one /64 of IPv6 are one.
class GuessLimiter {
public:
    using Clock = FailureTable::Clock;
    explicit GuessLimiter(std::function<Clock::time_point()> now = &Clock::now) : now_(std::move(now)) {}

    /// Zero: the login may be looked at. `address` is empty for one that stands for many users.
    std::chrono::seconds wait(std::string_view user, std::string_view address);
    void failed(std::string_view user, std::string_view address);
    /// The right password was given. Forgets what the user has failed here, and remembers the place unless it stands
    /// for many users. What is counted of the user elsewhere and of the address stays, or a guesser could begin anew
    /// after each login of the user's or of his own.
    void succeeded(std::string_view user, const std::string& domain, std::string_view address);

private:
    std::function<Clock::time_point()> now_;
    std::mutex mutex_;
    FailureTable pairs_{{5, std::chrono::seconds(300)}};
    FailureTable addresses_{{30, std::chrono::seconds(60)}};
    FailureTable users_{{50, std::chrono::seconds(60)}};
    KnownPlaces places_;
};

}  // namespace virga::identity
