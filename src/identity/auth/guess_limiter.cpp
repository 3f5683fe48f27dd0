#include "identity/auth/guess_limiter.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "base/crypto.hpp"

namespace virga::identity {
namespace {

constexpr int kMaxDoublings = 16;

/// Who has one address of IPv6 has the 2^64 of its network.
std::string network_of(std::string_view address) {
    constexpr std::size_t kNetworkBytes = 8;
    const std::string text(address);
    in6_addr six{};
    if (::inet_pton(AF_INET6, text.c_str(), &six) != 1 || IN6_IS_ADDR_V4MAPPED(&six)) return text;
    std::fill(six.s6_addr + kNetworkBytes, six.s6_addr + sizeof six.s6_addr, 0);
    char network[INET6_ADDRSTRLEN];
    return ::inet_ntop(AF_INET6, &six, network, sizeof network);
}

/// Of fixed size, however long a name is.
std::string key_of(std::string_view kind, std::string_view user, std::string_view address) {
    std::string text(kind);
    text.append(1, '\0').append(network_of(address)).append(1, '\0').append(user);
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
    if (before == nullptr && entries_.size() >= kMost) make_room(now);
    const int count = live_count(before != nullptr ? *before : floor_, now) + 1;
    forget(key);
    entries_.put(key, {count, now});
    least_first_.emplace(count, now, key);
}

void FailureTable::forget(const std::string& key) {
    const auto* failures = entries_.find(key);
    if (failures == nullptr) return;
    least_first_.erase({failures->count, failures->last, key});
    entries_.forget(key);
}

int FailureTable::live_count(const Failures& failures, Clock::time_point now) const {
    return now - failures.last < kForgotten ? failures.count : 0;
}

void FailureTable::make_room(Clock::time_point now) {
    const auto quiet = entries_.oldest();
    if (live_count(*entries_.find(quiet), now) == 0) return forget(quiet);
    const auto least = std::get<std::string>(*least_first_.begin());
    floor_ = {std::max(live_count(floor_, now), entries_.find(least)->count), now};
    forget(least);
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
