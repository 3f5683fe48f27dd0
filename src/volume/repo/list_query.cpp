#include "volume/repo/list_query.hpp"

#include <set>

#include "base/error.hpp"

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
    auto keys = sort_;
    if (keys.empty()) keys.emplace_back("created_us", false);
    keys.emplace_back("id", keys.back().second);
    return keys;
}

void ListQuery::after(db::Transaction& tx, const std::string& id) {
    const auto row = tx.query_one("SELECT * FROM " + table_ + " WHERE id = ?", {id});
    if (!row) throw Error(ErrorCode::NotFound, "marker [" + id + "] not found", {}, id);
    const auto all = keys();
    std::string any;
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::string step;
        for (std::size_t j = 0; j < i; ++j) {
            step += alias_ + "." + all[j].first + " = ? AND ";
            marker_params_.push_back(marker_value(*row, all[j].first));
        }
        step += alias_ + "." + all[i].first + (all[i].second ? " > ?" : " < ?");
        marker_params_.push_back(marker_value(*row, all[i].first));
        any += (any.empty() ? "(" : " OR (") + step + ")";
    }
    marker_condition_ = " AND (" + any + ")";
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
    return tx.query(select_ + " WHERE 1 = 1" + conditions_ + marker_condition_ + order() + " LIMIT " +
                        std::to_string(limit_) + " OFFSET " + std::to_string(offset_),
                    params);
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
