#include "volume/repo/list_query.hpp"

#include <set>

#include "base/error.hpp"
#include "db/conditions.hpp"

namespace virga::volume::repo {
namespace {

bool is_number_column(std::string_view column) {
    static const std::set<std::string_view> kNumbers{"created_us", "updated_us", "size_gib", "bootable"};
    return kNumbers.contains(column);
}

db::Value marker_value(const db::Row& row, const std::string& column) {
    if (is_number_column(column)) return row.number(column);
    return row.text(column);
}

}  // namespace

ListQuery::ListQuery(std::string select, std::string table, std::string alias)
    : select_(std::move(select)), table_(std::move(table)), alias_(std::move(alias)) {}

void ListQuery::where(std::string_view condition, db::Params params) {
    conditions_ += " AND " + std::string(condition);
    for (auto& value : params) params_.push_back(std::move(value));
}

void ListQuery::visible(std::string_view condition, db::Params params) {
    visible_ += " AND " + std::string(condition);
    visible_params_.insert(visible_params_.end(), params.begin(), params.end());
    where(condition, std::move(params));
}

void ListQuery::visible_project(const std::string& project) {
    if (!project.empty()) visible(alias_ + ".project_id = ?", {project});
}

void ListQuery::equals(std::string_view column, const std::string& value) {
    if (!value.empty()) where(alias_ + "." + std::string(column) + " = ?", {value});
}

void ListQuery::pairs(std::string_view column, const json::object& wanted) {
    const auto name = alias_ + "." + std::string(column);
    for (const auto& item : wanted) {
        // Not LIKE, which knows no upper case in SQLite.
        const auto pair = json::serialize(json::value(item.key())) + ":" + json::serialize(item.value());
        where("REPLACE(" + name + ", ?, '') <> " + name, {pair});
    }
}

void ListQuery::sort(std::string_view column, bool ascending) {
    sort_.emplace_back(std::string(column), ascending);
}

std::vector<std::pair<std::string, bool>> ListQuery::keys() const {
    std::vector<std::pair<std::string, bool>> keys;
    for (const auto& key : sort_) {
        keys.push_back(key);
        // What comes behind the id makes no difference.
        if (key.first == "id") return keys;
    }
    if (keys.empty()) keys.emplace_back("created_us", false);
    keys.emplace_back("id", keys.back().second);
    return keys;
}

void ListQuery::after(db::Transaction& tx, const std::string& id) {
    db::Params params{id};
    params.insert(params.end(), visible_params_.begin(), visible_params_.end());
    const auto row = tx.query_one(
        "SELECT " + alias_ + ".* FROM " + table_ + " " + alias_ + " WHERE " + alias_ + ".id = ?" + visible_, params);
    const auto shown = id.substr(0, 64);
    if (!row) throw Error(ErrorCode::NotFound, "marker [" + shown + "] not found", {}, shown);
    std::vector<db::SortValue> values;
    for (const auto& [column, ascending] : keys()) {
        values.push_back({alias_ + "." + column, ascending, marker_value(*row, column)});
    }
    auto behind = db::behind_marker(values);
    marker_condition_ = " AND " + behind.sql;
    marker_params_ = std::move(behind.params);
}

void ListQuery::page(std::size_t limit, std::size_t offset) {
    limit_ = limit;
    offset_ = offset;
}

std::string ListQuery::order() const {
    std::string text;
    for (const auto& [column, ascending] : keys()) {
        text += (text.empty() ? " ORDER BY " : ", ") + alias_ + "." + column + (ascending ? " ASC" : " DESC");
    }
    return text;
}

std::vector<db::Row> ListQuery::run(db::Transaction& tx) const {
    auto params = params_;
    params.insert(params.end(), marker_params_.begin(), marker_params_.end());
    params.emplace_back(static_cast<std::int64_t>(limit_));
    params.emplace_back(static_cast<std::int64_t>(offset_));
    return tx.query(select_ + " WHERE 1 = 1" + conditions_ + marker_condition_ + order() + " LIMIT ? OFFSET ?", params);
}

std::int64_t ListQuery::count(db::Transaction& tx) const {
    return tx.scalar("SELECT COUNT(*) FROM " + table_ + " " + alias_ + " WHERE 1 = 1" + conditions_, params_);
}

std::string like_pattern(std::string_view text) {
    std::string out = "%";
    for (const char c : text) {
        if (c == '%' || c == '_' || c == '\\') out += '\\';
        out += c;
    }
    return out + "%";
}

}  // namespace virga::volume::repo
