#include "http/json_text.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace virga::http {
namespace {

constexpr std::size_t kMaxDepth = 32;

std::size_t count_members(const json::value& value) {
    std::size_t count = 0;
    if (value.is_object()) {
        count = value.get_object().size();
        for (const auto& item : value.get_object()) {
            if (item.value().is_structured()) count += count_members(item.value());
        }
    } else if (value.is_array()) {
        for (const auto& item : value.get_array()) {
            if (item.is_structured()) count += count_members(item);
        }
    }
    return count;
}

/// Where the string ends whose first character is at `begin`, behind its opening quote: behind the closing one.
std::size_t end_of_string(std::string_view text, std::size_t begin) {
    for (auto at = begin;;) {
        const auto quote = text.find('"', at);
        if (quote == std::string_view::npos) return text.size();
        auto escapes = quote;
        while (escapes > at && text[escapes - 1] == '\\') --escapes;
        at = quote + 1;
        if ((quote - escapes) % 2 == 0) return at;
    }
}

bool is_name(std::string_view text, std::size_t behind) {
    const auto next = text.find_first_not_of(" \t\r\n", behind);
    return next != std::string_view::npos && text[next] == ':';
}

/// The names in a text that is known to be JSON, as they come.
std::size_t count_names(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at++];
        if (c == ':') ++count;
        if (c == '"') at = end_of_string(text, at);
    }
    return count;
}

/// The first name that an object of this JSON has twice, as written or with other escapes.
std::string find_repeated(std::string_view text) {
    std::vector<std::set<std::string, std::less<>>> open;
    for (std::size_t at = 0; at < text.size();) {
        const auto begin = at;
        const char c = text[at++];
        if (c == '{' || c == '[') open.emplace_back();
        if (c == '}' || c == ']') open.pop_back();
        if (c != '"') continue;
        at = end_of_string(text, at);
        if (!is_name(text, at)) continue;
        std::string name(json::parse(text.substr(begin, at - begin)).as_string());
        if (open.back().contains(name)) return name;
        open.back().insert(std::move(name));
    }
    return {};
}

/// The parser keeps the last of several values. That it dropped one shows in the number of names, which costs a small
/// part of the parsing: no text without colons in its strings is looked at in detail.
void check_names(std::string_view text, const json::value& value) {
    const auto kept = count_members(value);
    if (static_cast<std::size_t>(std::count(text.begin(), text.end(), ':')) == kept) return;
    if (count_names(text) == kept) return;
    throw Error(ErrorCode::InvalidInput, "the request body: must not have '" +
                                             std::string(shown_name(find_repeated(text))) + "' twice in one object");
}

}  // namespace

json::value parse_json(std::string_view text) {
    json::parse_options options;
    options.max_depth = kMaxDepth;
    boost::system::error_code failure;
    auto value = json::parse(text, failure, {}, options);
    if (failure == json::error::too_deep) {
        throw Error(ErrorCode::InvalidInput, "the request body is nested deeper than " + std::to_string(kMaxDepth));
    }
    if (failure) throw Error(ErrorCode::InvalidInput, "the request body is not valid JSON", failure.message());
    check_names(text, value);
    return value;
}

std::string_view shown_name(std::string_view name) {
    constexpr std::size_t kShown = 64;
    auto size = std::min(name.size(), kShown);
    // A character that is cut in two would not be valid UTF-8 in the message.
    while (size < name.size() && size > 0 && (static_cast<unsigned char>(name[size]) & 0xC0U) == 0x80U) --size;
    return name.substr(0, size);
}

}  // namespace virga::http
