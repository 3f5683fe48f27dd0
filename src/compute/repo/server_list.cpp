#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "compute/repo/server_repo.hpp"
#include "compute/repo/server_row.hpp"
#include "db/conditions.hpp"

namespace virga::compute::repo {
namespace {

constexpr std::size_t kLeastBatch = 500;

/// Where the rows come from: both tables have the same columns.
std::string source(Deleted deleted) {
    switch (deleted) {
        case Deleted::No:
            return "servers";
        case Deleted::Only:
            return "deleted_servers";
        case Deleted::Too:
            return "(SELECT * FROM servers UNION ALL SELECT * FROM deleted_servers) AS servers";
    }
    return {};
}

struct Statement {
    std::string sql;
    db::Params params;

    void add(const std::string& condition, const db::Params& values) {
        sql += " AND " + condition;
        params.insert(params.end(), values.begin(), values.end());
    }
    void equal(const std::string& column, const std::string& value) { add(column + " = ?", {value}); }
    template <class List, class Text>
    void among(const char* column, const List& values, Text text) {
        if (values.empty()) return;
        db::Params texts;
        for (const auto& value : values) texts.emplace_back(text(value));
        const auto condition = db::in_list(column, std::move(texts));
        add(condition.sql, condition.params);
    }
    void like(const char* column, const std::string& part) {
        if (part.empty()) return;
        std::string pattern = "%";
        for (const char c : part) {
            if (c == '%' || c == '_' || c == '!') pattern += '!';
            pattern += c;
        }
        add(std::string("LOWER(") + column + ") LIKE LOWER(?) ESCAPE '!'", {pattern + "%"});
    }
    void time(const char* comparison, const std::optional<TimestampUs>& time) {
        if (time) add(std::string("updated_us ") + comparison + " ?", {*time});
    }
};

void narrow(Statement& statement, const ServerFilter& filter) {
    if (!filter.project.empty()) statement.equal("project_id", filter.project);
    if (!filter.host.empty()) statement.add("host = ? AND host <> ''", {filter.host});  // as its index has it
    for (const auto& [column, value] : filter.equal) statement.equal(column, value);
    statement.among("id", filter.ids, [](const ServerId& id) { return id.value; });
    statement.among("vm_state", filter.vm_states, [](VmState state) { return std::string(word(state)); });
    statement.like("name", filter.name);
    statement.time(">=", filter.changed_since_us);
    statement.time("<=", filter.changed_before_us);
}

bool is_text(const std::string& column) {
    static const std::set<std::string, std::less<>> kTexts{
        "id",          "name",       "description", "vm_state",          "task_state",      "host",
        "image_id",    "hostname",   "user_id",     "key_name",          "access_ip_v4",    "access_ip_v6",
        "disk_config", "project_id", "flavor_id",   "availability_zone", "root_device_name"};
    return kTexts.contains(column);
}

std::vector<ServerSort> total_order(const ServerFilter& filter) {
    std::vector<ServerSort> keys;
    for (const auto& key : filter.sort) {
        keys.push_back(key);
        // What comes behind the id makes no difference.
        if (key.column == "id") return keys;
    }
    keys.push_back({"id", !keys.empty() && keys.back().ascending});
    return keys;
}

/// A server that the list may not show is none, so that markers tell nothing about other projects.
db::Row marker_row(db::Transaction& tx, const ServerFilter& filter, const std::string& marker) {
    Statement statement{"SELECT * FROM " + source(filter.deleted) + " WHERE id = ?", {marker}};
    if (!filter.project.empty()) statement.equal("project_id", filter.project);
    auto row = tx.query_one(statement.sql, statement.params);
    if (!row) throw Error(ErrorCode::InvalidInput, "marker: there is no server " + marker.substr(0, 64));
    return *std::move(row);
}

void start_behind(db::Transaction& tx, Statement& statement, const ServerFilter& filter, const std::string& marker) {
    const auto row = marker_row(tx, filter, marker);
    std::vector<db::SortValue> values;
    for (const auto& [column, ascending] : total_order(filter)) {
        values.push_back(
            {column, ascending, is_text(column) ? db::Value(row.text(column)) : db::Value(row.number(column))});
    }
    const auto behind = db::behind_marker(values);
    statement.add(behind.sql, behind.params);
}

std::vector<Server> batch(db::Transaction& tx, const ServerFilter& filter, const std::string& marker,
                          std::size_t size) {
    Statement statement{"SELECT * FROM " + source(filter.deleted) + " WHERE 1 = 1", {}};
    narrow(statement, filter);
    if (!marker.empty()) start_behind(tx, statement, filter, marker);
    std::string order;
    for (const auto& [column, ascending] : total_order(filter)) {
        order += (order.empty() ? " ORDER BY " : ", ") + column + (ascending ? " ASC" : " DESC");
    }
    statement.sql += order + " LIMIT ?";
    statement.params.emplace_back(static_cast<std::int64_t>(size));
    constexpr std::size_t kMostReserved = 1000;
    std::vector<Server> servers;
    servers.reserve(std::min(size, kMostReserved));
    ServerReader reader;
    tx.each(statement.sql, statement.params, [&](const db::Row& row) { servers.push_back(reader.read(row)); });
    return servers;
}

}  // namespace

bool is_sort_column(const std::string& column) {
    static const std::set<std::string, std::less<>> kNumbers{"power_state", "created_us",      "updated_us",
                                                             "launched_us", "terminated_us",   "launch_index",
                                                             "locked",      "has_config_drive"};
    return kNumbers.contains(column) || is_text(column);
}

std::vector<Server> list_servers(db::Transaction& tx, const ServerFilter& filter) {
    for (const auto& key : filter.sort) {
        if (!is_sort_column(key.column)) throw Error(ErrorCode::Internal, "servers can't be sorted by " + key.column);
    }
    if (!filter.accept && !filter.narrow)
        return filter.limit == 0 ? std::vector<Server>{} : batch(tx, filter, filter.marker, filter.limit);
    std::vector<Server> servers;
    auto marker = filter.marker;
    const auto size = std::max(filter.limit, kLeastBatch);
    while (servers.size() < filter.limit) {
        auto read = batch(tx, filter, marker, size);
        const bool is_last = read.size() < size;
        if (!is_last) marker = read.back().id.value;
        if (filter.accept) std::erase_if(read, [&](const Server& server) { return !filter.accept(server); });
        if (filter.narrow) filter.narrow(read);
        for (auto& server : read) {
            servers.push_back(std::move(server));
            if (servers.size() == filter.limit) break;
        }
        if (is_last) break;
    }
    return servers;
}

}  // namespace virga::compute::repo
