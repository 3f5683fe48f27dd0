#include "db/conditions.hpp"

#include <algorithm>

namespace virga::db {
namespace {

std::size_t padded_size(std::size_t count) {
    constexpr std::size_t kGrowth = 4;
    constexpr std::size_t kStep = 1024;
    std::size_t size = 1;
    while (size < count && size < kStep) size *= kGrowth;
    return size >= count ? size : (count + kStep - 1) / kStep * kStep;
}

}  // namespace

Condition in_list(std::string_view expression, Params values) {
    if (values.empty()) return {"1 = 0", {}};
    const auto size = padded_size(values.size());
    const Value last = values.back();
    values.resize(size, last);
    std::string sql(expression);
    sql += " IN (?";
    for (std::size_t i = 1; i < size; ++i) sql += ",?";
    return {sql + ")", std::move(values)};
}

namespace {

/// (a, b, c) > (?,?,?)
Condition behind_in_one_direction(const std::vector<SortValue>& keys) {
    Condition out;
    std::string marks;
    for (const auto& key : keys) {
        out.sql += (out.sql.empty() ? "(" : ", ") + key.expression;
        marks += marks.empty() ? "?" : ",?";
        out.params.push_back(key.marker);
    }
    out.sql += std::string(")") + (keys.front().ascending ? " > (" : " < (") + marks + ")";
    return out;
}

/// (a > ? OR (a = ? AND (b < ? OR (b = ? AND c > ?))))
Condition behind_in_turns(const std::vector<SortValue>& keys) {
    Condition out;
    std::string end;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto& [expression, ascending, marker] = keys[i];
        out.sql += "(" + expression + (ascending ? " > ?" : " < ?");
        out.params.push_back(marker);
        end += ")";
        if (i + 1 == keys.size()) break;
        out.sql += " OR (" + expression + " = ? AND ";
        out.params.push_back(marker);
        end += ")";
    }
    out.sql += end;
    return out;
}

}  // namespace

Condition behind_marker(const std::vector<SortValue>& keys) {
    const bool ascending = keys.front().ascending;
    const bool is_uniform =
        std::all_of(keys.begin(), keys.end(), [&](const SortValue& key) { return key.ascending == ascending; });
    return is_uniform ? behind_in_one_direction(keys) : behind_in_turns(keys);
}

}  // namespace virga::db
