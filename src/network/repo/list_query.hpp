#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"

namespace virga::network::repo {

/// Which rows of a table, in which order. Conditions use the alias `t` of the resource's table.
struct ListQuery {
    /// Rows of one kind.
    struct Branch {
        std::string where;
        db::Params params;
    };

    /// The list is these together; no row may be in two of them. Each is read in the order of the list and no further
    /// than its limit, by an index of its own. Empty: one list.
    std::vector<Branch> branches;
    std::string where;  ///< empty: all rows
    db::Params params;  ///< of `where`
    std::string order;  ///< "t.name DESC, t.id"; empty: any
    std::optional<std::size_t> limit;

    void add(std::string_view condition, const db::Params& values) {
        where += (where.empty() ? "(" : " AND (") + std::string(condition) + ")";
        params.insert(params.end(), values.begin(), values.end());
    }
    /// The rows of the table.
    std::vector<db::Row> rows(db::Transaction& tx, std::string_view columns, const std::string& table) const;
};

inline ListQuery by_id(const std::string& id) {
    ListQuery query;
    query.add("t.id = ?", {id});
    return query;
}

/// Values of these expressions, as k0, k1, ..., of the first row.
std::optional<db::Row> first_row(db::Transaction& tx, const char* table, const std::vector<std::string>& expressions,
                                 const ListQuery& query);

/// Calls `use(marks, params)` for pieces of `ids`; `marks` is "?,?,..." with as many marks as `params`. Pieces have few
/// different sizes, so that prepared statements are found again.
template <class F>
void in_pieces(const std::vector<std::string>& ids, F&& use) {
    for (std::size_t at = 0; at < ids.size();) {
        const std::size_t left = ids.size() - at;
        const std::size_t size = left == 1 ? 1 : left <= 20 ? 20 : 500;
        db::Params params;
        std::string marks;
        for (std::size_t i = 0; i < size; ++i) {
            params.emplace_back(ids[at + std::min(i, left - 1)]);
            marks += i == 0 ? "?" : ",?";
        }
        use(marks, params);
        at += std::min(size, left);
    }
}

}  // namespace virga::network::repo
