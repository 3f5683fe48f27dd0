#include "identity/auth/guess_limiter.hpp"

#include <algorithm>

#include "base/crypto.hpp"

namespace virga::identity {
namespace {

constexpr int kMaxDoublings = 16;

/// Of fixed size, however long a name is.
std::string key_of(std::string_view kind, std::string_view user, std::string_view address) {
    std::string text(kind);
    text.append(1, '\0').append(address).append(1, '\0').append(user);
    return hash_hex(HashAlgorithm::Sha256, text).substr(0, 32);
}

}  // namespace

std::chrono::seconds FailureTable::wait(const std::string& key, Clock::time_point now) const {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return std::chrono::seconds(0);
    const auto& entry = *found->second;
    if (entry.failures <= back_off_.free || now - entry.last >= kForgotten) return std::chrono::seconds(0);
    const int doublings = std::min(entry.failures - back_off_.free - 1, kMaxDoublings);
    const auto until = entry.last + std::min(std::chrono::seconds(1LL << doublings), back_off_.longest);
    if (until <= now) return std::chrono::seconds(0);
    return std::chrono::ceil<std::chrono::seconds>(until - now);
}

void FailureTable::failed(const std::string& key, Clock::time_point now) {
    const auto found = by_key_.find(key);
    Entry entry{key, 1, now};
    if (found != by_key_.end()) {
        if (now - found->second->last < kForgotten) entry.failures = found->second->failures + 1;
        forget(key);
    }
    if (entries_.size() >= kMost) forget(std::string(entries_.back().key));
    entries_.push_front(std::move(entry));
    by_key_[key] = entries_.begin();
}

void FailureTable::forget(const std::string& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    entries_.erase(found->second);
    by_key_.erase(found);
}

std::chrono::seconds GuessLimiter::wait(std::string_view user, std::string_view address) {
    const auto now = now_();
    const std::lock_guard lock(mutex_);
    const auto of_user =
        std::max(pairs_.wait(key_of("pair", user, address), now), users_.wait(key_of("user", user, {}), now));
    if (address.empty()) return of_user;
    return std::max(of_user, addresses_.wait(key_of("address", {}, address), now));
}

void GuessLimiter::failed(std::string_view user, std::string_view address) {
    const auto now = now_();
    const std::lock_guard lock(mutex_);
    pairs_.failed(key_of("pair", user, address), now);
    users_.failed(key_of("user", user, {}), now);
    if (!address.empty()) addresses_.failed(key_of("address", {}, address), now);
}

void GuessLimiter::succeeded(std::string_view user, std::string_view address) {
    const std::lock_guard lock(mutex_);
    pairs_.forget(key_of("pair", user, address));
    users_.forget(key_of("user", user, {}));
}

}  // namespace virga::identity
