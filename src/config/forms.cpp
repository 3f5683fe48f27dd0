#include "config/forms.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace virga::config {
namespace {

constexpr std::size_t kMostNameChars = 64;
constexpr std::size_t kMostDomainChars = 253;
constexpr std::size_t kMostLabelChars = 63;
constexpr std::size_t kMostHostChars = 255;

bool is_plain(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool is_control(char c) {
    return std::iscntrl(static_cast<unsigned char>(c)) != 0;
}

bool is_label(std::string_view text) {
    return !text.empty() && text.size() <= kMostLabelChars && is_plain(text.front()) && is_plain(text.back()) &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_plain(c) || c == '-'; });
}

bool is_ipv6(std::string_view text) {
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return ::inet_pton(AF_INET6, std::string(text).c_str(), bytes.data()) == 1;
}

}  // namespace

bool is_name(std::string_view text) {
    const auto begins_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
    const auto characters = std::count_if(text.begin(), text.end(), begins_character);
    return static_cast<std::size_t>(characters) <= kMostNameChars &&
           std::none_of(text.begin(), text.end(), is_control) && text.find_first_not_of(' ') != std::string_view::npos;
}

bool is_domain_or_empty(std::string_view text) {
    if (text.size() > kMostDomainChars) return false;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('.', begin), text.size());
        if (!is_label(text.substr(begin, end - begin)) || end + 1 == text.size()) return false;
        begin = end + 1;
    }
    return true;
}

bool is_host_or_empty(std::string_view text) {
    if (text.empty()) return true;
    return text.size() <= kMostHostChars && is_plain(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
               return is_plain(c) || c == '.' || c == '-' || c == '_';
           });
}

bool is_host_or_address_or_empty(std::string_view text) {
    return is_host_or_empty(text) || is_ipv6(text);
}

}  // namespace virga::config
