#include "compute/repo/host_repo.hpp"

namespace virga::compute::repo {
namespace {

constexpr const char* kUp = "up";
constexpr const char* kDown = "down";
// Written as in the index `hosts_room`.
const std::string kFreeMemory = "(limit_memory_mib - used_memory_mib)";
const std::string kFreeVcpus = "(limit_vcpus - used_vcpus)";
const std::string kFreeDisk = "(limit_disk_gib - used_disk_gib)";

Amounts amounts(const db::Row& row, const std::string& prefix) {
    return {row.number(prefix + "vcpus"), row.number(prefix + "memory_mib"), row.number(prefix + "disk_gib")};
}

ServiceState service_of(const db::Row& row) {
    return {row.flag("disabled"), row.text("disabled_reason"), row.flag("forced_down")};
}

Host host_of(const db::Row& row) {
    Host host;
    host.name = row.text("name");
    host.zone = row.text("zone");
    host.storage_zone = row.optional_text("storage_zone");
    host.up = row.text("state") == kUp;
    host.total = amounts(row, "");
    host.limit = amounts(row, "limit_");
    host.used = amounts(row, "used_");
    host.remote_disks = row.flag("remote_disks");
    host.servers = row.number("servers");
    host.service = service_of(row);
    return host;
}

std::vector<Host> hosts_of(const std::vector<db::Row>& rows) {
    std::vector<Host> hosts;
    hosts.reserve(rows.size());
    for (const auto& row : rows) hosts.push_back(host_of(row));
    return hosts;
}

std::vector<std::string> names_of(const std::vector<db::Row>& rows) {
    std::vector<std::string> names;
    names.reserve(rows.size());
    for (const auto& row : rows) names.push_back(row.text("name"));
    return names;
}

}  // namespace

std::optional<Host> find_host(db::Transaction& tx, const std::string& name) {
    const auto row = tx.query_one("SELECT * FROM hosts WHERE name = ?", {name});
    if (!row) return std::nullopt;
    return host_of(*row);
}

std::vector<Host> all_hosts(db::Transaction& tx) {
    return hosts_of(tx.query("SELECT * FROM hosts ORDER BY name"));
}

std::vector<Host> first_hosts(db::Transaction& tx, std::size_t most) {
    return hosts_of(tx.query("SELECT * FROM hosts ORDER BY name LIMIT ?", {static_cast<std::int64_t>(most)}));
}

std::vector<std::string> hosts_that_are_up(db::Transaction& tx, std::size_t most) {
    return names_of(tx.query("SELECT name FROM hosts WHERE state = 'up' LIMIT ?", {static_cast<std::int64_t>(most)}));
}

std::vector<std::string> hosts_that_are_down(db::Transaction& tx) {
    return names_of(tx.query("SELECT name FROM hosts WHERE state = 'down'"));
}

bool any_has_remote_disks(db::Transaction& tx) {
    return tx.query_one("SELECT name FROM hosts WHERE remote_disks <> 0 LIMIT 1").has_value();
}

std::vector<Host> hosts_with_wrong_counters(db::Transaction& tx) {
    return hosts_of(
        tx.query("SELECT h.* FROM hosts h LEFT JOIN (SELECT host, COUNT(*) AS servers, SUM(vcpus) AS vcpus,"
                 " SUM(memory_mib) AS memory_mib, SUM(disk_gib) AS disk_gib FROM allocations GROUP BY host) a"
                 " ON a.host = h.name WHERE h.servers <> COALESCE(a.servers, 0)"
                 " OR h.used_vcpus <> COALESCE(a.vcpus, 0) OR h.used_memory_mib <> COALESCE(a.memory_mib, 0)"
                 " OR h.used_disk_gib <> COALESCE(a.disk_gib, 0) ORDER BY h.name"));
}

std::vector<Host> hosts_with_room(db::Transaction& tx, const Amounts& wanted, const std::string& zone,
                                  const std::optional<HostMarker>& after, std::size_t limit) {
    std::string sql = "SELECT * FROM hosts WHERE state = 'up' AND disabled = 0 AND forced_down = 0 AND " + kFreeMemory +
                      " >= ? AND " + kFreeVcpus + " >= ?";
    db::Params params{wanted.memory_mib, wanted.vcpus};
    if (wanted.disk_gib > 0) {
        sql += " AND " + kFreeDisk + " >= ?";
        params.emplace_back(wanted.disk_gib);
    }
    if (!zone.empty()) {
        sql += " AND zone = ?";
        params.emplace_back(zone);
    }
    if (after) {
        sql += " AND " + kFreeMemory + " <= ? AND (" + kFreeMemory + " < ? OR name > ?)";
        params.insert(params.end(), {after->free_memory_mib, after->free_memory_mib, after->name});
    }
    // The index goes on by the name, so a page is read and nothing is sorted.
    sql += " ORDER BY " + kFreeMemory + " DESC, name LIMIT ?";
    params.emplace_back(static_cast<std::int64_t>(limit));
    return hosts_of(tx.query(sql, params));
}

void save_host(db::Transaction& tx, const HostReport& r) {
    tx.exec(
        "INSERT INTO hosts (name, zone, storage_zone, state, vcpus, memory_mib, disk_gib, limit_vcpus,"
        " limit_memory_mib, limit_disk_gib, remote_disks, used_vcpus, used_memory_mib, used_disk_gib, servers)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0) ON CONFLICT (name) DO UPDATE SET zone = excluded.zone,"
        " storage_zone = excluded.storage_zone, state = excluded.state, vcpus = excluded.vcpus,"
        " memory_mib = excluded.memory_mib, disk_gib = excluded.disk_gib, limit_vcpus = excluded.limit_vcpus,"
        " limit_memory_mib = excluded.limit_memory_mib, limit_disk_gib = excluded.limit_disk_gib,"
        " remote_disks = excluded.remote_disks",
        {r.name, r.zone, db::nullable(r.storage_zone), std::string(kUp), r.total.vcpus, r.total.memory_mib,
         r.total.disk_gib, r.limit.vcpus, r.limit.memory_mib, r.limit.disk_gib, std::int64_t{r.remote_disks}});
}

std::map<std::string, ServiceState> service_states(db::Transaction& tx) {
    std::map<std::string, ServiceState> states;
    for (const auto& row : tx.query("SELECT name, disabled, disabled_reason, forced_down FROM hosts"))
        states.emplace(row.text("name"), service_of(row));
    return states;
}

void save_service(db::Transaction& tx, const std::string& host, const ServiceState& service) {
    tx.exec("UPDATE hosts SET disabled = ?, disabled_reason = ?, forced_down = ? WHERE name = ?",
            {std::int64_t{service.disabled}, service.disabled_reason, std::int64_t{service.forced_down}, host});
}

void forget_host(db::Transaction& tx, const std::string& name) {
    tx.exec("DELETE FROM hosts WHERE name = ?", {name});
    tx.exec("DELETE FROM host_presence WHERE host = ?", {name});
}

void set_host_up(db::Transaction& tx, const std::string& name, bool up) {
    const std::string state(up ? kUp : kDown);
    tx.exec("UPDATE hosts SET state = ? WHERE name = ? AND state <> ?", {state, name, state});
}

}  // namespace virga::compute::repo
