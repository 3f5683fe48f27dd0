#include <algorithm>

#include "http/http.hpp"

namespace virga::http {
namespace {

constexpr std::size_t kMaxDepth = 32;
/// More than any list or map of the API may hold; what a resource allows itself is less.
constexpr std::size_t kMostEntries = 1024;

void check_size(std::size_t count, const std::string& path) {
    if (count <= kMostEntries) return;
    throw Error(ErrorCode::InvalidInput, (path.empty() ? "the request body" : path) + ": must have at most " +
                                             std::to_string(kMostEntries) + " entries");
}

/// One database takes it, another doesn't, and programs that end a text there read something else than was checked.
void check_text(std::string_view text, const std::string& path) {
    if (text.find('\0') == std::string_view::npos) return;
    throw Error(ErrorCode::InvalidInput,
                (path.empty() ? "the request body" : path) + ": must not contain a NUL character (U+0000)");
}

std::string below(const std::string& path, std::string_view key) {
    constexpr std::size_t kShown = 64;
    // A character that is cut in two would not be valid UTF-8 in the message.
    auto size = std::min(key.size(), kShown);
    while (size < key.size() && size > 0 && (static_cast<unsigned char>(key[size]) & 0xC0U) == 0x80U) --size;
    return (path.empty() ? "" : path + ".") + std::string(key.substr(0, size));
}

/// The depth is bounded by the parser.
void check_value(const json::value& value, const std::string& path) {
    if (value.is_string()) {
        check_text(value.get_string(), path);
    } else if (value.is_array()) {
        check_size(value.get_array().size(), path);
        for (const auto& item : value.get_array()) check_value(item, path);
    } else if (value.is_object()) {
        check_size(value.get_object().size(), path);
        for (const auto& item : value.get_object()) {
            check_text(item.key(), path);
            if (item.value().is_structured() || item.value().is_string())
                check_value(item.value(), below(path, item.key()));
        }
    }
}

}  // namespace

std::optional<std::string> Request::query_value(std::string_view name) const {
    for (const auto& [key, value] : query) {
        if (key == name) return value;
    }
    return std::nullopt;
}

const std::string& Request::param(std::string_view name) const {
    if (name.size() > 2 && name.front() == '{' && name.back() == '}') name = name.substr(1, name.size() - 2);
    const auto found = path_params.find(name);
    if (found == path_params.end()) {
        throw Error(ErrorCode::Internal, "the route has no path parameter '" + std::string(name) + "'");
    }
    return found->second;
}

json::object Request::json_body() const {
    if (body.empty()) throw Error(ErrorCode::InvalidInput, "the request needs a JSON body");
    json::parse_options options;
    options.max_depth = kMaxDepth;
    boost::system::error_code failure;
    auto value = json::parse(body, failure, {}, options);
    if (failure == json::error::too_deep) {
        throw Error(ErrorCode::InvalidInput, "the request body is nested deeper than " + std::to_string(kMaxDepth));
    }
    if (failure) throw Error(ErrorCode::InvalidInput, "the request body is not valid JSON", failure.message());
    if (!value.is_object()) throw Error(ErrorCode::InvalidInput, "the request body must be a JSON object");
    check_value(value, {});
    return std::move(value.get_object());
}

}  // namespace virga::http
