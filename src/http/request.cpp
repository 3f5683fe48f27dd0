#include <algorithm>

#include "http/http.hpp"
#include "http/json_text.hpp"
#include "http/microversion.hpp"

namespace virga::http {
namespace {

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
    return (path.empty() ? "" : path + ".") + std::string(shown_name(key));
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

/// A page of a foreign site makes a browser send text/plain and forms without asking, but no JSON. Many clients name no
/// type; Nova has one of its own.
void check_type(std::string_view content_type) {
    if (content_type.empty()) return;
    auto type = content_type.substr(0, content_type.find(';'));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
    if (same_word(type, "application/json") || same_word(type, "application/vnd.openstack.compute+json")) {
        return;
    }
    throw StatusError(415, "Unsupported Content-Type: the request body is sent as application/json");
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
    check_type(headers.get(RequestHeader::ContentType));
    auto value = parse_json(body);
    if (!value.is_object()) throw Error(ErrorCode::InvalidInput, "the request body must be a JSON object");
    check_value(value, {});
    return std::move(value.get_object());
}

}  // namespace virga::http
