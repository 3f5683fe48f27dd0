#include "network/repo/list_query.hpp"

namespace virga::network::repo {
namespace {

std::string joined(const std::string& left, const std::string& right) {
    return left.empty() || right.empty() ? left + right : "(" + left + ") AND " + right;
}

/// What follows FROM.
std::string tail(const ListQuery& query, const std::string& where) {
    std::string text = where.empty() ? "" : " WHERE " + where;
    if (!query.order.empty()) text += " ORDER BY " + query.order;
    if (query.limit) text += " LIMIT " + std::to_string(*query.limit);
    return text;
}

std::string united(const ListQuery& query, const std::string& table) {
    std::string text;
    for (std::size_t i = 0; i < query.branches.size(); ++i) {
        text += (i == 0 ? "SELECT * FROM (SELECT t.* FROM " : " UNION ALL SELECT * FROM (SELECT t.* FROM ") + table +
                " t" + tail(query, joined(query.branches[i].where, query.where)) + ") b" + std::to_string(i);
    }
    return "(" + text + ")";
}

}  // namespace

std::vector<db::Row> ListQuery::rows(db::Transaction& tx, std::string_view columns, const std::string& table) const {
    const auto select = "SELECT " + std::string(columns) + " FROM ";
    if (branches.empty()) return tx.query(select + table + " t" + tail(*this, where), params);
    db::Params all;
    for (const auto& branch : branches) {
        all.insert(all.end(), branch.params.begin(), branch.params.end());
        all.insert(all.end(), params.begin(), params.end());
    }
    return tx.query(select + united(*this, table) + " t" + tail(*this, ""), all);
}

std::optional<db::Row> first_row(db::Transaction& tx, const char* table, const std::vector<std::string>& expressions,
                                 const ListQuery& query) {
    std::string select;
    for (std::size_t i = 0; i < expressions.size(); ++i) {
        select += (i == 0 ? "" : ", ") + expressions[i] + " AS k" + std::to_string(i);
    }
    auto first = query;
    first.limit = 1;
    auto found = first.rows(tx, select, table);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

}  // namespace virga::network::repo
