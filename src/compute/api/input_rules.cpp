#include "compute/api/input_rules.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "base/error.hpp"
#include "http/target.hpp"

namespace virga::compute::api {
namespace {

constexpr std::size_t kNameLength = 255;

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

}  // namespace

std::string read_server_name(http::Fields& fields) {
    auto name = fields.required_string("name", 1, kNameLength);
    if (name.front() == ' ' || name.back() == ' ') fields.fail("name", "must not begin or end with a space");
    if (std::any_of(name.begin(), name.end(), is_control)) fields.fail("name", "must not have control characters");
    return name;
}

std::string read_hostname(http::Fields& fields) {
    auto name = fields.required_string("hostname", 2, 63);
    const bool plain = std::all_of(name.begin(), name.end(), is_host_character);
    if (!plain || name.front() == '-' || name.back() == '-') {
        fields.fail("hostname", "must have letters, digits and '-' only, and no '-' at its ends");
    }
    return name;
}

std::string read_address(http::Fields& fields, std::string_view name) {
    auto text = fields.string(name, 0, 64).value_or("");
    if (text.empty()) return text;
    unsigned char buffer[sizeof(in6_addr)];
    const int family = name.ends_with("v6") ? AF_INET6 : AF_INET;
    if (inet_pton(family, text.c_str(), buffer) != 1) fields.fail(name, "'" + text + "' is not an IP address");
    char canonical[INET6_ADDRSTRLEN];
    return inet_ntop(family, buffer, canonical, sizeof(canonical));
}

void check_tag(const std::string& tag, std::string_view field) {
    constexpr std::size_t kTagLength = 60;
    const auto length = http::utf8_length(tag);
    if (length < 1 || length > kTagLength || tag.find_first_of(",/") != std::string::npos) {
        throw Error(ErrorCode::InvalidInput, std::string(field) + ": a tag has 1 to 60 characters and no ',' or '/'");
    }
}

std::vector<std::string> read_tags(const json::array& list, std::string_view field) {
    constexpr std::size_t kMostTags = 50;
    std::vector<std::string> tags;
    for (const auto& item : list) {
        if (!item.is_string()) throw Error(ErrorCode::InvalidInput, std::string(field) + ": tags must be strings");
        std::string tag(item.get_string());
        check_tag(tag, field);
        if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(std::move(tag));
    }
    if (tags.size() > kMostTags) {
        throw Error(ErrorCode::InvalidInput, std::string(field) + ": a server has at most 50 tags");
    }
    return tags;
}

}  // namespace virga::compute::api
