#include <set>

#include "base/error.hpp"
#include "db/conditions.hpp"
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
        const auto among = db::in_list(column, db::Params(values.begin(), values.end()));
        where.add(among.sql, among.params);
    }
    for (const auto& [column, number] : query.equal) where.add(column + " = ?", {number});
    for (const auto& filter : query.times) {
        where.add(filter.column + " / 1000000 " + filter.comparison + " ?", {filter.second});
    }
    // The one algorithm that there is, of images that have data.
    for (const auto& name : query.hash_algorithms) where.add(name == "sha512" ? "COALESCE(sha512, '') <> ''" : "1 = 0");
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

/// The marker may be any image that the caller could look at, and no other: it must not tell what others have.
void add_marker(db::Transaction& tx, Where& where, const identity::Auth& auth, const ListQuery& query) {
    if (!query.marker) return;
    Where seen;
    ListQuery any;
    any.visibility = "all";
    any.member_status = "all";
    add_visibility(seen, auth, any);
    seen.add("id = ?", {*query.marker});
    const auto marker = tx.query_one("SELECT * FROM images WHERE " + seen.sql, seen.params);
    if (!marker) throw Error(ErrorCode::InvalidInput, "marker: there is no image " + query.marker->substr(0, 64));
    std::vector<db::SortValue> values;
    for (const auto& key : query.sort) values.push_back({expression(key), !key.descending, value_of(*marker, key)});
    const auto behind = db::behind_marker(values);
    where.add(behind.sql, behind.params);
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
    add_marker(tx, where, auth, query);
    where.params.emplace_back(static_cast<std::int64_t>(query.limit) + 1);
    return read_records(tx.query("SELECT * FROM images WHERE " + where.sql + order(query) + " LIMIT ?", where.params));
}

}  // namespace virga::image::repo
