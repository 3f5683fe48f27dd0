#include "network/repo/audit.hpp"

#include <set>
#include <unordered_set>

#include "network/repo/nics.hpp"

namespace virga::network::repo {
namespace {

constexpr std::chrono::milliseconds kDeadline{10'000};

std::set<std::string> names(const json::object& reply, std::string_view key) {
    std::set<std::string> found;
    for (const auto& name : get_array(reply, key)) found.emplace(name.as_string());
    return found;
}

void compare(db::Transaction& tx, const std::string& host, const std::set<std::string>& taps,
             std::vector<std::string>& differences) {
    std::set<std::string> bound;
    for (const auto& row :
         tx.query("SELECT id, status FROM ports WHERE host_id = ? AND host_id <> '' AND server_id <> ''", {host})) {
        const auto tap = tap_name(row.text("id"));
        bound.insert(tap);
        if (row.text("status") != "ACTIVE" || taps.contains(tap)) continue;
        differences.push_back("host " + host + " has no tap " + tap + " for the active port " + row.text("id"));
    }
    for (const auto& tap : taps) {
        if (!bound.contains(tap))
            differences.push_back("host " + host + " has tap " + tap + " that belongs to no port");
    }
}

}  // namespace

std::vector<std::string> audit_devices(db::Transaction& tx, const std::vector<ServerId>& live_servers) {
    const std::unordered_set<ServerId> live(live_servers.begin(), live_servers.end());
    std::vector<std::string> differences;
    for (const auto& row : tx.query("SELECT id, server_id FROM ports WHERE server_id <> '' ORDER BY id")) {
        if (live.contains(ServerId(row.text("server_id")))) continue;
        differences.push_back("port " + row.text("id") + " is bound to server " + row.text("server_id") +
                              ", which does not exist");
    }
    return differences;
}

std::vector<std::string> audit_usage(db::Transaction& tx) {
    std::vector<std::string> differences;
    const auto rows = tx.query(
        "SELECT p.project_id AS project_id, COALESCE(u.ports, 0) AS counted, COALESCE(s.ports, 0) AS present FROM "
        "(SELECT project_id FROM port_usage UNION SELECT project_id FROM ports) p "
        "LEFT JOIN port_usage u ON u.project_id = p.project_id "
        "LEFT JOIN (SELECT project_id, COUNT(*) AS ports FROM ports GROUP BY project_id) s "
        "ON s.project_id = p.project_id "
        "WHERE COALESCE(u.ports, 0) <> COALESCE(s.ports, 0) ORDER BY p.project_id");
    for (const auto& row : rows) {
        differences.push_back("project " + row.text("project_id") + ": " + row.text("counted") +
                              " ports are counted for its quota, but it has " + row.text("present"));
    }
    return differences;
}

std::vector<std::string> audit_taps(db::Transaction& tx, rpc::Caller& hosts) {
    std::vector<std::string> differences;
    for (const auto& host : hosts.hosts()) {
        try {
            const auto reply = hosts.call(host.name, command::kInventory, {},
                                          {.command_id = {}, .deadline = kDeadline, .only_if_it_answers = true});
            compare(tx, host.name, names(reply, "taps"), differences);
            for (const auto& tap : names(reply, "unprotected"))
                differences.push_back("host " + host.name + ": tap " + tap +
                                      " has no rules against forged frames: restart the host process");
        } catch (const Error& error) {
            differences.push_back("host " + host.name + ": its taps can't be listed: " + error.message());
        }
    }
    return differences;
}

}  // namespace virga::network::repo
