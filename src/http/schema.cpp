#include "http/schema.hpp"

#include <algorithm>
#include <charconv>

#include "base/ids.hpp"
#include "http/target.hpp"

namespace virga::http {
namespace {

constexpr std::size_t kQuotedBytes = 64;
constexpr std::size_t kUnlimited = 1U << 30U;

/// The value in quotes, as a message shows it: cut at a character border so that it stays valid UTF-8. Of a number that
/// is no integer of 64 bits the user's own digits are gone: it isn't shown in others.
std::string quoted(const json::value& value) {
    if (value.is_double()) return "this number";
    const std::string text = value.is_string() ? std::string(value.get_string()) : json::serialize(value);
    std::size_t end = std::min(text.size(), kQuotedBytes);
    while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    std::string out = "'";
    out.append(text, 0, end);
    out += end < text.size() ? "...'" : "'";
    return out;
}

bool parse_integer(std::string_view text, std::int64_t& out) {
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
    return failure == std::errc{} && end == text.data() + text.size() && !text.empty();
}

bool read_integer(const json::value& value, std::int64_t& out) {
    if (value.is_int64()) {
        out = value.get_int64();
        return true;
    }
    return value.is_string() && parse_integer(value.get_string(), out);
}

std::string lowered(const json::value& value) {
    std::string text = value.is_string() ? std::string(value.get_string()) : json::serialize(value);
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

std::string length_rule(std::size_t min, std::size_t max) {
    if (max >= kUnlimited) return "must have at least " + std::to_string(min) + " characters";
    if (min == 0) return "must have at most " + std::to_string(max) + " characters";
    return "must have " + std::to_string(min) + " to " + std::to_string(max) + " characters";
}

}  // namespace

Fields::Fields(const json::object& object, std::string path) : object_(object), path_(std::move(path)) {}

bool Fields::has(std::string_view name) const {
    return object_.contains(name);
}

bool Fields::has_value(std::string_view name) const {
    const auto* value = object_.if_contains(name);
    return value != nullptr && !value->is_null();
}

const json::value* Fields::any(std::string_view name) {
    seen_.emplace(name);
    return object_.if_contains(name);
}

const json::value* Fields::find(std::string_view name) {
    const auto* value = any(name);
    return value == nullptr || value->is_null() ? nullptr : value;
}

void Fields::fail(std::string_view name, std::string_view why) const {
    std::string message = path_;
    if (!message.empty() && !name.empty()) message += '.';
    message += name;
    throw Error(ErrorCode::InvalidInput, message + ": " + std::string(why));
}

std::optional<std::string> Fields::string(std::string_view name, std::size_t min, std::size_t max) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) fail(name, "must be a string");
    std::string text(value->get_string());
    const auto length = utf8_length(text);
    if (length < min || length > max) fail(name, length_rule(min, max));
    return text;
}

std::string Fields::required_string(std::string_view name, std::size_t min, std::size_t max) {
    auto text = string(name, min, max);
    if (!text) fail(name, "is required");
    return *text;
}

std::optional<std::string> Fields::uuid(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string() || !is_uuid_like(value->get_string())) fail(name, quoted(*value) + " is not a UUID");
    return canonical_uuid(value->get_string());
}

std::string Fields::required_uuid(std::string_view name) {
    auto id = uuid(name);
    if (!id) fail(name, "is required");
    return *id;
}

std::optional<std::int64_t> Fields::integer(std::string_view name, std::int64_t min, std::int64_t max) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    std::int64_t number = 0;
    if (!read_integer(*value, number) || number < min || number > max) {
        fail(name, quoted(*value) + " is not an integer from " + std::to_string(min) + " to " + std::to_string(max));
    }
    return number;
}

std::int64_t Fields::required_integer(std::string_view name, std::int64_t min, std::int64_t max) {
    const auto number = integer(name, min, max);
    if (!number) fail(name, "is required");
    return *number;
}

std::optional<bool> Fields::boolean(std::string_view name) {
    static const std::set<std::string, std::less<>> kTrue{"true", "1", "yes", "on", "y", "t"};
    static const std::set<std::string, std::less<>> kFalse{"false", "0", "no", "off", "n", "f"};
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    const auto text = lowered(*value);
    if (kTrue.contains(text)) return true;
    if (kFalse.contains(text)) return false;
    fail(name, quoted(*value) + " is not a boolean (true or false)");
}

std::optional<std::string> Fields::one_of(std::string_view name, const std::set<std::string, std::less<>>& allowed) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_string() && allowed.contains(std::string_view(value->get_string()))) {
        return std::string(value->get_string());
    }
    std::string choices;
    for (const auto& item : allowed) choices += (choices.empty() ? "" : ", ") + item;
    fail(name, quoted(*value) + " is not one of " + choices);
}

const json::object* Fields::object(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return nullptr;
    if (!value->is_object()) fail(name, "must be an object");
    return &value->get_object();
}

const json::array* Fields::array(std::string_view name, std::size_t max_items) {
    const auto* value = find(name);
    if (value == nullptr) return nullptr;
    if (!value->is_array()) fail(name, "must be a list");
    if (value->get_array().size() > max_items) {
        fail(name, "must have at most " + std::to_string(max_items) + " entries");
    }
    return &value->get_array();
}

std::optional<json::object> Fields::metadata(std::string_view name) {
    constexpr std::size_t kMaxLength = 255;
    const auto* map = object(name);
    if (map == nullptr) return std::nullopt;
    const Fields inner(*map, path_.empty() ? std::string(name) : path_ + "." + std::string(name));
    for (const auto& [key, value] : *map) {
        const std::string_view text = key;
        if (text.empty() || utf8_length(text) > kMaxLength) {
            inner.fail({}, "keys " + length_rule(1, kMaxLength));
        }
        if (!value.is_string()) inner.fail(text, "must be a string");
        const std::string_view content = value.get_string();
        if (utf8_length(content) > kMaxLength) inner.fail(text, length_rule(0, kMaxLength));
    }
    return *map;
}

void Fields::finish() const {
    for (const auto& item : object_) {
        if (seen_.contains(std::string_view(item.key()))) continue;
        fail({}, "unknown field " + quoted(json::value(item.key())));
    }
}

}  // namespace virga::http
