#include <set>

#include "base/error.hpp"
#include "image/policy.hpp"
#include "image/repo/image_repo.hpp"
#include "image/repo/row.hpp"

namespace virga::image::repo {
namespace {

/// A WHERE clause under construction.
struct Where {
    std::string sql = "status <> 'deleted'";
    db::Params params;

    void add(const std::string& condition, const db::Params& values = {}) {
        sql += " AND " + condition;
        params.insert(params.end(), values.begin(), values.end());
    }
};

std::string marks(std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += i == 0 ? "?" : ", ?";
    return out;
}

/// Shared images of other projects that were offered to this one.
std::string offered(const std::string& member_status) {
    return "(visibility = 'shared' AND id IN (SELECT image_id FROM image_members WHERE member_id = ?" +
           std::string(member_status == "all" ? "" : " AND status = ?") + "))";
}

db::Params offered_params(const identity::Auth& auth, const std::string& member_status) {
    if (member_status == "all") return {auth.project.value};
    return {auth.project.value, member_status};
}

void add_visibility(Where& where, const identity::Auth& auth, const ListQuery& query) {
    const bool any = query.visibility == "all";
    if (!query.visibility.empty() && !any) where.add("visibility = ?", {query.visibility});
    static const identity::policy::Check all_projects(policies(), "context_is_admin");
    if (all_projects.allows(auth)) {
        if (query.visibility.empty()) where.add("(visibility <> 'community' OR owner = ?)", {auth.project.value});
        return;
    }
    // Community images are found by those who ask for them, and don't flood everybody's list.
    const bool community = any || query.visibility == "community";
    auto params = offered_params(auth, query.member_status);
    params.insert(params.begin(), auth.project.value);
    where.add(std::string("(visibility = 'public' OR ") + (community ? "visibility = 'community' OR " : "") +
                  "owner = ? OR " + offered(query.member_status) + ")",
              params);
}

void add_filters(Where& where, const ListQuery& query) {
    for (const auto& [column, values] : query.one_of) {
        where.add(column + " IN (" + marks(values.size()) + ")", db::Params(values.begin(), values.end()));
    }
    for (const auto& [column, number] : query.equal) where.add(column + " = ?", {number});
    for (const auto& filter : query.times) where.add(filter.column + " " + filter.comparison + " ?", {filter.time});
    if (query.size_min) where.add("size_bytes >= ?", {*query.size_min});
    if (query.size_max) where.add("size_bytes <= ?", {*query.size_max});
    where.add("hidden = ?", {std::int64_t{query.hidden}});
    const std::string label = "EXISTS (SELECT 1 FROM image_labels l WHERE l.image_id = images.id AND l.kind = ";
    for (const auto& tag : query.tags) where.add(label + "'tag' AND l.name = ?)", {tag});
    for (const auto& [name, value] : query.properties) {
        where.add(label + "'property' AND l.name = ? AND l.value = ?)", {name, value});
    }
}

/// Nulls sort as the least value, the same in every database.
std::string expression(const SortKey& key) {
    // Columns that are never null stay bare, so that an index can give the order.
    static const std::set<std::string> nullable{"name", "disk_format", "container_format", "size_bytes"};
    if (!nullable.contains(key.column)) return key.column;
    return "COALESCE(" + key.column + ", " + (key.numeric ? "-1" : "''") + ")";
}

db::Value value_of(const db::Row& row, const SortKey& key) {
    if (!key.numeric) return row.text(key.column);
    return row.is_null(key.column) ? std::int64_t{-1} : row.number(key.column);
}

/// Rows behind the marker: greater in the first key, or equal in it and greater in the second, and so on.
void add_marker(db::Transaction& tx, Where& where, const ListQuery& query) {
    if (!query.marker) return;
    const auto marker = tx.query_one("SELECT * FROM images WHERE id = ? AND status <> 'deleted'", {*query.marker});
    if (!marker) throw Error(ErrorCode::InvalidInput, "marker: there is no image " + query.marker->substr(0, 64));
    std::string sql;
    db::Params params;
    for (std::size_t i = 0; i < query.sort.size(); ++i) {
        sql += i == 0 ? "((" : " OR (";
        for (std::size_t j = 0; j < i; ++j) {
            sql += expression(query.sort[j]) + " = ? AND ";
            params.push_back(value_of(*marker, query.sort[j]));
        }
        sql += expression(query.sort[i]) + (query.sort[i].descending ? " < ?)" : " > ?)");
        params.push_back(value_of(*marker, query.sort[i]));
    }
    where.add(sql + ")", params);
}

std::string order(const ListQuery& query) {
    std::string out;
    for (const auto& key : query.sort) {
        out += (out.empty() ? " ORDER BY " : ", ") + expression(key) + (key.descending ? " DESC" : " ASC");
    }
    return out;
}

}  // namespace

std::vector<Record> list(db::Transaction& tx, const identity::Auth& auth, const ListQuery& query) {
    Where where;
    add_visibility(where, auth, query);
    add_filters(where, query);
    add_marker(tx, where, query);
    where.params.emplace_back(static_cast<std::int64_t>(query.limit) + 1);
    return read_records(tx.query("SELECT * FROM images WHERE " + where.sql + order(query) + " LIMIT ?", where.params));
}

}  // namespace virga::image::repo
