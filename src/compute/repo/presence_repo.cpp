#include "compute/repo/presence_repo.hpp"

#include "db/conditions.hpp"
#include "db/server_clock.hpp"

namespace virga::compute::repo {
namespace {

constexpr std::int64_t kDead_us = 60'000'000;

const std::string kSince = "beat_us >= " + db::kServerNow_us + " - ?";

std::vector<std::string> hearers(db::Transaction& tx, const std::string& condition, std::int64_t span_us) {
    std::vector<std::string> names;
    for (const auto& row :
         tx.query("SELECT control FROM host_hearers WHERE " + condition + " ORDER BY control", {span_us}))
        names.push_back(row.text("control"));
    return names;
}

/// Of the host that an expression names. Who is there is asked before: the clock in it, which is read for each row,
/// would keep PostgreSQL from looking at all hosts at once.
db::Condition heard(db::Transaction& tx, const std::string& host) {
    const auto there = hearers(tx, kSince, kSilence_us);
    auto by_them = db::in_list("d.control", db::Params(there.begin(), there.end()));
    by_them.sql = "EXISTS (SELECT 1 FROM hosts_heard d WHERE d.host = " + host + " AND " + by_them.sql + ")";
    return by_them;
}

db::Condition silent(db::Transaction& tx) {
    auto condition = heard(tx, "hosts.name");
    condition.sql = "state = 'up' AND NOT " + condition.sql;
    return condition;
}

db::Condition returned(db::Transaction& tx) {
    auto condition = heard(tx, "hosts.name");
    condition.sql = "state <> 'up' AND " + condition.sql;
    return condition;
}

db::Condition among(std::string_view column, const std::vector<std::string>& hosts) {
    return db::in_list(column, db::Params(hosts.begin(), hosts.end()));
}

}  // namespace

void save_report(db::Transaction& tx, const std::string& host, const json::object& report) {
    tx.exec(
        "INSERT INTO host_presence (host, report) VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET report = "
        "excluded.report WHERE host_presence.report <> excluded.report",
        {host, json::serialize(report)});
}

std::vector<Presence> presences(db::Transaction& tx, bool is_shared) {
    const auto is_heard = is_shared ? heard(tx, "host_presence.host") : db::in_list("host", {});
    std::vector<Presence> found;
    for (const auto& row : tx.query("SELECT host, report, CASE WHEN " + is_heard.sql +
                                        " THEN 1 ELSE 0 END AS heard FROM host_presence ORDER BY host",
                                    is_heard.params)) {
        found.push_back({row.text("host"), parse_object(row.text("report")), row.flag("heard")});
    }
    return found;
}

bool beat(db::Transaction& tx, const std::string& control) {
    if (tx.exec("UPDATE host_hearers SET beat_us = " + db::kServerNow_us + " WHERE control = ?", {control}) > 0)
        return true;
    tx.exec("INSERT INTO host_hearers (control, beat_us) VALUES (?, " + db::kServerNow_us + ")", {control});
    return false;
}

std::vector<std::string> heard_by(db::Transaction& tx, const std::string& control) {
    std::vector<std::string> names;
    for (const auto& row : tx.query("SELECT host FROM hosts_heard WHERE control = ?", {control}))
        names.push_back(row.text("host"));
    return names;
}

void note_heard(db::Transaction& tx, const std::string& control, const std::vector<std::string>& hosts) {
    for (const auto& host : hosts)
        tx.exec("INSERT INTO hosts_heard (host, control) VALUES (?, ?) ON CONFLICT (host, control) DO NOTHING",
                {host, control});
    const auto named = among("name", hosts);
    tx.exec("UPDATE hosts SET state = 'up' WHERE state <> 'up' AND " + named.sql, named.params);
}

void note_lost(db::Transaction& tx, const std::string& control, const std::vector<std::string>& hosts) {
    auto condition = among("host", hosts);
    condition.params.insert(condition.params.begin(), control);
    tx.exec("DELETE FROM hosts_heard WHERE control = ? AND " + condition.sql, condition.params);
}

bool has_wrong_state(db::Transaction& tx) {
    const auto is_any = [&](const db::Condition& condition) {
        return tx.query_one("SELECT name FROM hosts WHERE " + condition.sql + " LIMIT 1", condition.params).has_value();
    };
    return is_any(silent(tx)) || is_any(returned(tx));
}

void align_states(db::Transaction& tx) {
    const auto lost = silent(tx);
    tx.exec("UPDATE hosts SET state = 'down' WHERE " + lost.sql, lost.params);
    const auto back = returned(tx);
    tx.exec("UPDATE hosts SET state = 'up' WHERE " + back.sql, back.params);
}

std::vector<std::string> dead_hearers(db::Transaction& tx) {
    return hearers(tx, "NOT " + kSince, kDead_us);
}

void forget_hearer(db::Transaction& tx, const std::string& control) {
    // One process does it, and not for one that has come back meanwhile.
    if (tx.exec("DELETE FROM host_hearers WHERE control = ? AND NOT " + kSince, {control, kDead_us}) > 0)
        tx.exec("DELETE FROM hosts_heard WHERE control = ?", {control});
}

}  // namespace virga::compute::repo
