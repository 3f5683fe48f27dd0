#include "bench/simulate/guests.hpp"

#include <charconv>
#include <cstdio>

namespace virga::simulate {
namespace {

constexpr std::int64_t kRunning = 1;
constexpr std::int64_t kShutdown = 4;
constexpr std::string_view kServerTail = "-5e17-4000-8000-000000000000";
constexpr std::size_t kDigits = 8;

std::string digits(std::int64_t number) {
    char text[kDigits + 1];
    std::snprintf(text, sizeof text, "%08x", static_cast<unsigned>(number));
    return text;
}

std::string filled_server(std::int64_t number) {
    return digits(number).append(kServerTail);
}

/// Of its port, whose id is the number and "-9017-...".
std::string filled_tap(std::int64_t number) {
    return "tap" + digits(number) + "-90";
}

std::int64_t number_of(const std::string& server) {
    std::int64_t number = -1;
    if (server.size() == kDigits + kServerTail.size() && server.ends_with(kServerTail))
        std::from_chars(server.data(), server.data() + kDigits, number, 16);
    return number;
}

json::object guest(const std::string& id, bool is_running) {
    return {{"id", id}, {"power_state", is_running ? kRunning : kShutdown}, {"volumes", json::array()}};
}

json::array list(const std::vector<std::string>& texts) {
    json::array out;
    for (const auto& text : texts) out.emplace_back(text);
    return out;
}

}  // namespace

bool Guests::is_filled(std::int64_t number) const {
    return number >= 0 && number < filled_ && number % hosts_ == host_ && !taken_.contains(number);
}

template <class F>
void Guests::each_filled(F&& of) const {
    for (auto number = host_; number < filled_; number += hosts_)
        if (!taken_.contains(number)) of(number);
}

/// One of whom something is to be kept from now on.
Guests::Guest* Guests::own(const std::string& server) {
    if (const auto found = own_.find(server); found != own_.end()) return &found->second;
    const auto number = number_of(server);
    if (!is_filled(number)) return nullptr;
    taken_.insert(number);
    plugged_.insert(filled_tap(number));
    return &own_.emplace(server, Guest{true, {filled_tap(number)}}).first->second;
}

void Guests::start(const std::string& server, const std::vector<std::string>& taps) {
    own(server);
    own_[server] = {true, taps};
    for (const auto& tap : taps) plugged_.insert(tap);
}

void Guests::stop(const std::string& server) {
    if (auto* const found = own(server)) found->is_running = false;
}

void Guests::remove(const std::string& server) {
    const auto* const found = own(server);
    if (found == nullptr) return;
    for (const auto& tap : found->taps) plugged_.erase(tap);
    own_.erase(server);
}

std::optional<std::int64_t> Guests::power_state(const std::string& server) const {
    if (const auto found = own_.find(server); found != own_.end())
        return found->second.is_running ? kRunning : kShutdown;
    if (is_filled(number_of(server))) return kRunning;
    return std::nullopt;
}

json::object Guests::inventory() const {
    json::array servers;
    json::array folders;
    json::object taps;
    for (const auto& [id, one] : own_) {
        servers.push_back(guest(id, one.is_running));
        folders.emplace_back(id);
        taps[id] = list(one.taps);
    }
    each_filled([&](std::int64_t number) {
        const auto id = filled_server(number);
        servers.push_back(guest(id, true));
        folders.emplace_back(id);
        taps[id] = list({filled_tap(number)});
    });
    return {{"servers", std::move(servers)},
            {"folders", std::move(folders)},
            {"taps", std::move(taps)},
            {"bases", json::array()}};
}

json::array Guests::taps() const {
    json::array out;
    for (const auto& tap : plugged_) out.emplace_back(tap);
    each_filled([&](std::int64_t number) { out.emplace_back(filled_tap(number)); });
    return out;
}

}  // namespace virga::simulate
