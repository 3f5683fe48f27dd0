#include "config/between_hosts.hpp"

#include <charconv>

namespace virga::config::between_hosts {
namespace {

/// 0: none.
std::int64_t port_of(std::string_view text) {
    std::int64_t port = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, failure] = std::from_chars(text.data(), end, port);
    return failure == std::errc() && rest == end && port > 1023 && port < 65536 ? port : 0;
}

}  // namespace

Ports ports_of(std::string_view text) {
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return {};
    const Ports ports{port_of(text.substr(0, dash)), port_of(text.substr(dash + 1))};
    return ports.first > 0 && ports.first <= ports.last ? ports : Ports{};
}

}  // namespace virga::config::between_hosts
