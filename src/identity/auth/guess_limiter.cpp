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
    const auto* failures = entries_.find(key);
    if (failures == nullptr) return std::chrono::seconds(0);
    if (failures->count <= back_off_.free || now - failures->last >= kForgotten) return std::chrono::seconds(0);
    const int doublings = std::min(failures->count - back_off_.free - 1, kMaxDoublings);
    const auto until = failures->last + std::min(std::chrono::seconds(1LL << doublings), back_off_.longest);
    if (until <= now) return std::chrono::seconds(0);
    return std::chrono::ceil<std::chrono::seconds>(until - now);
}

void FailureTable::failed(const std::string& key, Clock::time_point now) {
    const auto* before = entries_.find(key);
    const int count = before != nullptr && now - before->last < kForgotten ? before->count + 1 : 1;
    entries_.put(key, {count, now});
}

bool KnownPlaces::has(const std::string& user, const std::string& place, Clock::time_point now) const {
    const auto* domain = domain_of_.find(user);
    const auto* places = domain != nullptr ? domains_.at(*domain).find(user) : nullptr;
    return places != nullptr && std::any_of(places->begin(), places->end(), [&](const Place& known) {
               return known.key == place && now - known.last < kForgotten;
           });
}

void KnownPlaces::add(const std::string& user, const std::string& domain, const std::string& place,
                      Clock::time_point now) {
    if (domain_of_.find(user) == nullptr && domain_of_.size() >= kMostUsers) make_room();
    auto& users = domains_.try_emplace(domain, kMostUsers).first->second;
    const auto* before = users.find(user);
    auto places = before != nullptr ? *before : std::vector<Place>{};
    std::erase_if(places, [&](const Place& known) { return known.key == place; });
    places.insert(places.begin(), {place, now});
    if (places.size() > kMostOfUser) places.pop_back();
    users.put(user, std::move(places));
    domain_of_.put(user, domain);
}

void KnownPlaces::make_room() {
    const auto largest = std::max_element(domains_.begin(), domains_.end(), [](const auto& a, const auto& b) {
        return a.second.size() < b.second.size();
    });
    domain_of_.forget(largest->second.oldest());
    largest->second.forget_oldest();
    if (largest->second.size() == 0) domains_.erase(largest);
}

std::chrono::seconds GuessLimiter::wait(std::string_view user, std::string_view address) {
    const auto now = now_();
    const auto pair = key_of("pair", user, address);
    const auto anywhere = key_of("user", user, {});
    const std::lock_guard lock(mutex_);
    const auto here = pairs_.wait(pair, now);
    if (places_.has(anywhere, pair, now)) return here;
    const auto of_user = std::max(here, users_.wait(anywhere, now));
    if (address.empty()) return of_user;
    return std::max(of_user, addresses_.wait(key_of("address", {}, address), now));
}

void GuessLimiter::failed(std::string_view user, std::string_view address) {
    const auto now = now_();
    const auto pair = key_of("pair", user, address);
    const auto anywhere = key_of("user", user, {});
    const std::lock_guard lock(mutex_);
    pairs_.failed(pair, now);
    if (places_.has(anywhere, pair, now)) return;
    users_.failed(anywhere, now);
    if (!address.empty()) addresses_.failed(key_of("address", {}, address), now);
}

void GuessLimiter::succeeded(std::string_view user, const std::string& domain, std::string_view address) {
    const auto now = now_();
    const auto pair = key_of("pair", user, address);
    const std::lock_guard lock(mutex_);
    pairs_.forget(pair);
    if (!address.empty()) places_.add(key_of("user", user, {}), domain, pair, now);
}

}  // namespace virga::identity
