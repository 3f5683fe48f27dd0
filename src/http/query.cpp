#include "http/query.hpp"

#include <algorithm>
#include <set>

namespace virga::http {
namespace {

constexpr std::size_t kShown = 64;

[[noreturn]] void refuse(std::string_view name, const std::string& why) {
    throw Error(ErrorCode::InvalidInput, std::string(name) + ": " + why);
}

bool is_ascending(std::string_view parameter, const std::string& direction) {
    if (direction == "asc") return true;
    if (direction == "desc") return false;
    refuse(parameter, "'" + direction.substr(0, kShown) + "' is not one of asc, desc");
}

void check_count(std::string_view name, std::size_t count) {
    if (count > kMostSortKeys) refuse(name, "at most " + std::to_string(kMostSortKeys) + " keys are allowed");
}

Sort read_pairs(const Request& request, bool ascending) {
    const auto keys = query_values(request, "sort_key");
    const auto directions = query_values(request, "sort_dir");
    check_count("sort_key", keys.size());
    const auto allowed = std::max<std::size_t>(keys.size(), 1);
    if (directions.size() > allowed) refuse("sort_dir", "is given more often than sort_key");
    Sort sort{{}, directions.empty() ? ascending : is_ascending("sort_dir", directions.front())};
    for (std::size_t i = 0; i < keys.size(); ++i) {
        sort.items.push_back(
            {keys[i], i < directions.size() ? is_ascending("sort_dir", directions[i]) : sort.ascending});
    }
    return sort;
}

Sort read_list(const std::string& text, bool ascending) {
    Sort sort{{}, ascending};
    const auto parts = split_list("sort", text, kMostSortKeys);
    for (const auto& part : parts) {
        const auto colon = std::min(part.find(':'), part.size());
        sort.items.push_back(
            {part.substr(0, colon), colon == part.size() ? ascending : is_ascending("sort", part.substr(colon + 1))});
    }
    return sort;
}

}  // namespace

void check_parameter_count(const Request& request) {
    if (request.query.size() <= kMostParameters) return;
    throw Error(ErrorCode::InvalidInput, "the query has " + std::to_string(request.query.size()) +
                                             " parameters: at most " + std::to_string(kMostParameters) +
                                             " are allowed");
}

std::vector<std::string> query_values(const Request& request, std::string_view name, std::size_t most) {
    std::vector<std::string> values;
    for (const auto& [key, value] : request.query) {
        if (key == name) values.push_back(value);
    }
    if (values.size() > most) {
        refuse(name.substr(0, kShown), "may be given at most " + std::to_string(most) + " times");
    }
    return values;
}

std::vector<std::string> split_list(std::string_view name, std::string_view text, std::size_t most) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find(','), text.size());
        if (end > 0) parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (parts.size() > most) refuse(name, "at most " + std::to_string(most) + " values are allowed");
    }
    return parts;
}

Sort read_sort(const Request& request, SortForm form, bool ascending_by_default) {
    const auto list = form == SortForm::OrList ? request.query_value("sort") : std::nullopt;
    if (list && (request.query_value("sort_key") || request.query_value("sort_dir"))) {
        refuse("sort", "can't be combined with sort_key and sort_dir");
    }
    auto sort = list ? read_list(*list, ascending_by_default) : read_pairs(request, ascending_by_default);
    std::vector<std::string> keys;
    for (const auto& item : sort.items) keys.push_back(item.key);
    check_distinct_keys(keys);
    return sort;
}

void check_distinct_keys(const std::vector<std::string>& columns) {
    std::set<std::string_view> seen;
    for (const auto& column : columns) {
        if (!seen.insert(column).second) refuse("sort_key", "'" + column.substr(0, kShown) + "' is given twice");
    }
}

}  // namespace virga::http
