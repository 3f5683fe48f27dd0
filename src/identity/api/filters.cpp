#include "identity/api/filters.hpp"

#include <algorithm>
#include <set>

#include "http/query.hpp"
#include "identity/repo/name_key.hpp"

namespace virga::identity::api {
namespace {

constexpr std::size_t kMostTags = 80;

std::string lowered(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

bool is_off(std::string_view text) {
    return text == "0" || text == "false" || text == "False";
}

using Compare = bool (*)(std::string_view text, std::string_view part);
struct Comparator {
    std::string_view name;
    Compare holds;
};
constexpr Comparator kComparators[] = {
    {"contains", [](std::string_view text, std::string_view part) { return text.find(part) != text.npos; }},
    {"startswith", [](std::string_view text, std::string_view part) { return text.starts_with(part); }},
    {"endswith", [](std::string_view text, std::string_view part) { return text.ends_with(part); }},
    {"equals", [](std::string_view text, std::string_view part) { return text == part; }},
};

/// What follows "name__".
bool compare(std::string_view parameter, std::string_view word, std::string_view text, std::string_view part) {
    const bool any_case = word.starts_with('i');
    const auto name = any_case ? word.substr(1) : word;
    for (const auto& comparator : kComparators) {
        if (comparator.name != name) continue;
        return any_case ? comparator.holds(lowered(text), lowered(part)) : comparator.holds(text, part);
    }
    throw Error(ErrorCode::InvalidInput, "'" + std::string(parameter.substr(0, 64)) +
                                             "': compare by contains, startswith, endswith or equals, or by one of "
                                             "these with an i in front for any case");
}

bool has_value(const json::object& item, std::string_view attribute, std::string_view parameter,
               std::string_view wanted) {
    const auto* value = item.if_contains(attribute);
    const auto word = parameter.substr(std::min(attribute.size() + 2, parameter.size()));
    if (value != nullptr && value->is_bool()) return value->get_bool() != is_off(wanted);
    const std::string_view text =
        value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
    if (attribute == "name" && word.empty()) return repo::is_same_name(text, wanted);
    return word.empty() ? text == wanted : compare(parameter, word, text, wanted);
}

/// The attribute that "name" or "name__contains" is about; empty for none.
std::string_view attribute_of(const Filters& filters, std::string_view parameter) {
    for (const auto attribute : filters.attributes) {
        if (parameter == attribute) return attribute;
        if (parameter.starts_with(attribute) && parameter.substr(attribute.size()).starts_with("__")) return attribute;
    }
    return {};
}

bool has_tags(const http::Request& request, const json::object& item) {
    std::set<std::string, std::less<>> own;
    for (const auto& tag : get_array(item, "tags")) own.emplace(std::string_view(tag.as_string()));
    const auto has = [&](const std::string& tag) { return own.contains(tag); };
    const auto asked = [&](std::string_view name) {
        return http::split_list(name, request.query_value(name).value_or(""), kMostTags);
    };
    const auto all = asked("tags");
    const auto any = asked("tags-any");
    const auto not_all = asked("not-tags");
    const auto not_any = asked("not-tags-any");
    if (!std::all_of(all.begin(), all.end(), has)) return false;
    if (!any.empty() && std::none_of(any.begin(), any.end(), has)) return false;
    if (!not_all.empty() && std::all_of(not_all.begin(), not_all.end(), has)) return false;
    return std::none_of(not_any.begin(), not_any.end(), has);
}

}  // namespace

bool fits(const http::Request& request, const Filters& filters, const json::object& item) {
    for (const auto& [name, wanted] : request.query) {
        const auto attribute = attribute_of(filters, name);
        if (!attribute.empty() && !has_value(item, attribute, name, wanted)) return false;
    }
    return !filters.by_tags || has_tags(request, item);
}

}  // namespace virga::identity::api
