#include "compute/repo/presence_repo.hpp"

#include <algorithm>
#include <set>

#include "db/conditions.hpp"
#include "db/server_clock.hpp"

namespace virga::compute::repo {
namespace {

constexpr std::int64_t kRepeat_us = 1'000'000;

/// Hosts that are up, and whom nobody hears.
const std::string kSilent =
    "state = 'up' AND NOT EXISTS (SELECT 1 FROM host_presence p WHERE p.host = hosts.name AND p.heard_us >= " +
    db::kServerNow_us + " - ?)";

db::Condition among(std::string_view column, const std::vector<std::string>& hosts) {
    return db::in_list(column, db::Params(hosts.begin(), hosts.end()));
}

}  // namespace

void save_report(db::Transaction& tx, const std::string& host, const json::object& report) {
    tx.exec(
        "INSERT INTO host_presence (host, report, heard_us) VALUES (?, ?, 0) "
        "ON CONFLICT (host) DO UPDATE SET report = excluded.report",
        {host, json::serialize(report)});
}

std::vector<Presence> presences(db::Transaction& tx, bool is_shared) {
    const auto heard =
        is_shared ? "CASE WHEN heard_us >= " + db::kServerNow_us + " - ? THEN 1 ELSE 0 END" : std::string("?");
    std::vector<Presence> found;
    for (const auto& row : tx.query("SELECT host, report, " + heard + " AS heard FROM host_presence ORDER BY host",
                                    {is_shared ? kSilence_us : std::int64_t{0}})) {
        found.push_back({row.text("host"), parse_object(row.text("report")), row.flag("heard")});
    }
    return found;
}

std::vector<std::string> hosts_to_tell_of(db::Transaction& tx, const std::vector<std::string>& hosts) {
    std::set<std::string> told;
    for (const auto& row :
         tx.query("SELECT host FROM host_presence WHERE heard_us >= " + db::kServerNow_us + " - ?", {kRepeat_us})) {
        told.insert(row.text("host"));
    }
    std::vector<std::string> rest;
    std::copy_if(hosts.begin(), hosts.end(), std::back_inserter(rest),
                 [&](const std::string& host) { return !told.contains(host); });
    return rest;
}

void note_heard(db::Transaction& tx, const std::vector<std::string>& hosts) {
    const auto present = among("host", hosts);
    tx.exec("UPDATE host_presence SET heard_us = " + db::kServerNow_us + " WHERE " + present.sql, present.params);
    const auto named = among("name", hosts);
    tx.exec("UPDATE hosts SET state = 'up' WHERE state <> 'up' AND " + named.sql, named.params);
}

bool has_silent(db::Transaction& tx) {
    return tx.query_one("SELECT name FROM hosts WHERE " + kSilent + " LIMIT 1", {kSilence_us}).has_value();
}

void note_silent(db::Transaction& tx) {
    tx.exec("UPDATE hosts SET state = 'down' WHERE " + kSilent, {kSilence_us});
}

}  // namespace virga::compute::repo
