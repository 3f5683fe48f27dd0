#include "base/json.hpp"

namespace virga {
namespace {

const json::value* find(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value == nullptr || value->is_null() ? nullptr : value;
}

[[noreturn]] void wrong_type(std::string_view key, std::string_view wanted) {
    throw WrongType(key, wanted);
}

}  // namespace

WrongType::WrongType(std::string_view key, std::string_view wanted)
    : Error(ErrorCode::Corrupt, "field '" + std::string(key) + "' is not " + std::string(wanted)) {}

std::string get_string(const json::object& object, std::string_view key, std::string_view fallback) {
    const auto* value = find(object, key);
    if (value == nullptr) return std::string(fallback);
    if (!value->is_string()) wrong_type(key, "a string");
    return std::string(value->get_string());
}

std::int64_t get_int(const json::object& object, std::string_view key, std::int64_t fallback) {
    return get_optional_int(object, key).value_or(fallback);
}

double get_double(const json::object& object, std::string_view key, double fallback) {
    const auto* value = find(object, key);
    if (value == nullptr) return fallback;
    if (!value->is_number()) wrong_type(key, "a number");
    return value->to_number<double>();
}

bool get_bool(const json::object& object, std::string_view key, bool fallback) {
    const auto* value = find(object, key);
    if (value == nullptr) return fallback;
    if (!value->is_bool()) wrong_type(key, "a boolean");
    return value->get_bool();
}

std::optional<std::string> get_optional_string(const json::object& object, std::string_view key) {
    if (find(object, key) == nullptr) return std::nullopt;
    return get_string(object, key);
}

std::optional<std::int64_t> get_optional_int(const json::object& object, std::string_view key) {
    const auto* value = find(object, key);
    if (value == nullptr) return std::nullopt;
    if (value->is_int64()) return value->get_int64();
    if (value->is_uint64()) return static_cast<std::int64_t>(value->get_uint64());
    wrong_type(key, "an integer");
}

json::object get_object(const json::object& object, std::string_view key) {
    const auto* value = find(object, key);
    if (value == nullptr) return {};
    if (!value->is_object()) wrong_type(key, "an object");
    return value->get_object();
}

json::array get_array(const json::object& object, std::string_view key) {
    const auto* value = find(object, key);
    if (value == nullptr) return {};
    if (!value->is_array()) wrong_type(key, "an array");
    return value->get_array();
}

std::vector<json::object> get_objects(const json::object& object, std::string_view key) {
    return objects_of(get_array(object, key), key);
}

std::vector<json::object> objects_of(const json::array& list, std::string_view key) {
    std::vector<json::object> out;
    for (const auto& item : list) {
        if (!item.is_object()) wrong_type(key, "a list of objects");
        out.push_back(item.get_object());
    }
    return out;
}

std::vector<std::string> get_strings(const json::object& object, std::string_view key) {
    std::vector<std::string> out;
    for (const auto& item : get_array(object, key)) {
        if (!item.is_string()) wrong_type(key, "a list of strings");
        out.emplace_back(item.get_string());
    }
    return out;
}

json::value string_or_null(const std::string& text) {
    if (text.empty()) return nullptr;
    return json::value(text);
}

json::value optional_or_null(const std::optional<std::string>& text) {
    if (!text) return nullptr;
    return json::value(*text);
}

json::value optional_or_null(const std::optional<std::int64_t>& number) {
    if (!number) return nullptr;
    return *number;
}

json::object parse_object(std::string_view text) {
    if (text.empty()) return {};
    boost::system::error_code failure;
    auto value = json::parse(text, failure);
    if (failure || !value.is_object()) throw Error(ErrorCode::Corrupt, "stored JSON could not be read");
    return std::move(value.get_object());
}

}  // namespace virga
