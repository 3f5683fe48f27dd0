#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "compute/repo/server_repo.hpp"
#include "compute/repo/server_row.hpp"
#include "compute/repo/sql_text.hpp"

namespace virga::compute::repo {
namespace {

constexpr std::size_t kLeastBatch = 500;

struct Statement {
    std::string sql = "SELECT * FROM servers WHERE 1 = 1";
    db::Params params;

    void equal(const char* column, const std::string& value) {
        if (value.empty()) return;
        sql += std::string(" AND ") + column + " = ?";
        params.emplace_back(value);
    }
    template <class List, class Text>
    void among(const char* column, const List& values, Text text) {
        if (values.empty()) return;
        sql += std::string(" AND ") + column + " IN (" + placeholders(values.size()) + ")";
        for (const auto& value : values) params.emplace_back(text(value));
    }
    void like(const char* column, const std::string& part) {
        if (part.empty()) return;
        std::string pattern = "%";
        for (const char c : part) {
            if (c == '%' || c == '_' || c == '!') pattern += '!';
            pattern += c;
        }
        sql += std::string(" AND LOWER(") + column + ") LIKE LOWER(?) ESCAPE '!'";
        params.emplace_back(pattern + "%");
    }
    void time(const char* comparison, const std::optional<TimestampUs>& time) {
        if (!time) return;
        sql += std::string(" AND updated_us ") + comparison + " ?";
        params.emplace_back(*time);
    }
};

void narrow(Statement& statement, const ServerFilter& filter) {
    statement.equal("project_id", filter.project);
    statement.equal("user_id", filter.user);
    statement.equal("host", filter.host);
    statement.equal("image_id", filter.image_id);
    statement.equal("flavor_id", filter.flavor_id);
    statement.equal("key_name", filter.key_name);
    statement.equal("reservation_id", filter.reservation_id);
    statement.equal("availability_zone", filter.availability_zone);
    statement.equal("vm_state", filter.status_vm_state);
    statement.equal("task_state", filter.status_task_state);
    statement.among("id", filter.ids, [](const ServerId& id) { return id.value; });
    statement.among("vm_state", filter.vm_states, [](const std::string& state) { return state; });
    statement.like("name", filter.name);
    if (!filter.tag.empty()) statement.like("tags", json::serialize(json::value(filter.tag)));
    statement.time(">=", filter.changed_since_us);
    statement.time("<=", filter.changed_before_us);
}

/// Keyset paging: what comes behind the marker's (sort key, id).
void start_behind(Statement& statement, const ServerFilter& filter, const db::Row& marker) {
    const std::string comparison = filter.ascending ? ">" : "<";
    statement.sql += " AND (" + filter.sort_key + " " + comparison + " ? OR (" + filter.sort_key + " = ? AND id " +
                     comparison + " ?))";
    static const std::set<std::string, std::less<>> kTexts{
        "id",       "name",      "vm_state", "task_state", "host",     "image_id",          "project_id",
        "hostname", "flavor_id", "user_id",  "key_name",   "hostname", "availability_zone", "root_device_name"};
    const db::Value key = kTexts.contains(filter.sort_key) ? db::Value(marker.text(filter.sort_key))
                                                           : db::Value(marker.number(filter.sort_key));
    statement.params.insert(statement.params.end(), {key, key, marker.text("id")});
}

void check_sort_key(const std::string& key) {
    static const std::set<std::string, std::less<>> kColumns{
        "id",          "name",        "hostname",      "project_id",   "user_id",          "vm_state",
        "task_state",  "power_state", "image_id",      "flavor_id",    "key_name",         "host",
        "created_us",  "updated_us",  "launched_us",   "launch_index", "root_device_name", "availability_zone",
        "disk_config", "locked",      "terminated_us", "config_drive"};
    if (!kColumns.contains(key)) throw Error(ErrorCode::InvalidInput, "sort_key: servers can't be sorted by " + key);
}

db::Row marker_row(db::Transaction& tx, const std::string& marker) {
    auto row = tx.query_one("SELECT * FROM servers WHERE id = ?", {marker});
    if (!row) throw Error(ErrorCode::InvalidInput, "marker: there is no server " + marker);
    return *std::move(row);
}

std::vector<Server> batch(db::Transaction& tx, const ServerFilter& filter, const std::string& marker,
                          std::size_t size) {
    Statement statement;
    narrow(statement, filter);
    if (!marker.empty()) start_behind(statement, filter, marker_row(tx, marker));
    const std::string direction = filter.ascending ? " ASC" : " DESC";
    statement.sql += " ORDER BY " + filter.sort_key + direction + ", id" + direction + " LIMIT ?";
    statement.params.emplace_back(static_cast<std::int64_t>(size));
    std::vector<Server> servers;
    FlavorReader flavors;
    tx.each(statement.sql, statement.params, [&](const db::Row& row) { servers.push_back(server_of(row, flavors)); });
    return servers;
}

}  // namespace

std::vector<Server> list_servers(db::Transaction& tx, const ServerFilter& filter) {
    check_sort_key(filter.sort_key);
    if (!filter.accept)
        return filter.limit == 0 ? std::vector<Server>{} : batch(tx, filter, filter.marker, filter.limit);
    std::vector<Server> servers;
    auto marker = filter.marker;
    const auto size = std::max(filter.limit, kLeastBatch);
    while (servers.size() < filter.limit) {
        auto read = batch(tx, filter, marker, size);
        const bool is_last = read.size() < size;
        if (!is_last) marker = read.back().id.value;
        for (auto& server : read) {
            if (!filter.accept(server)) continue;
            servers.push_back(std::move(server));
            if (servers.size() == filter.limit) break;
        }
        if (is_last) break;
    }
    return servers;
}

}  // namespace virga::compute::repo
