#include "compute/flows/known_hosts.hpp"

#include <algorithm>
#include <map>

#include "compute/repo/host_repo.hpp"

namespace virga::compute::flows {
namespace {

constexpr std::int64_t kPercent = 100;

HostReport report_of(const std::string& name, const json::object& report, const config::Config& config) {
    HostReport out;
    out.name = name;
    out.zone = get_string(report, "zone");
    if (!get_array(report, "backends").empty()) out.storage_zone = out.zone;
    if (out.zone.empty()) out.zone = config.get(setting::default_zone);
    out.total = {get_int(report, "vcpus"), get_int(report, "memory_mib"), get_int(report, "disk_gib")};
    out.limit = {out.total.vcpus * config.get(setting::cpu_ratio_percent) / kPercent,
                 out.total.memory_mib * config.get(setting::ram_ratio_percent) / kPercent,
                 out.total.disk_gib * config.get(setting::disk_ratio_percent) / kPercent};
    out.remote_disks = get_bool(report, "remote_disks");
    return out;
}

bool is_recorded(const Host& row, const HostReport& report) {
    return row.up && static_cast<const HostReport&>(row) == report;
}

void record(Dependencies& d, const HostReport& report) {
    // A storage host has no row; one that ran servers before it became one has.
    const auto row = d.db.read_with([&](db::Transaction& tx) { return repo::find_host(tx, report.name); });
    if (row ? is_recorded(*row, report) : report.total.vcpus == 0) return;
    d.db.write_with([&](db::Transaction& tx) { repo::save_host(tx, report); }, db::Durability::Grouped);
}

/// Whether a host's row was put down though it is connected here: its process was held up, and others didn't hear it.
bool is_put_down_wrongly(Dependencies& d) {
    if (!d.db.is_shared()) return false;
    const auto down = d.db.read_with([](db::Transaction& tx) { return repo::hosts_that_are_down(tx); });
    return std::any_of(down.begin(), down.end(), [&](const std::string& host) { return d.hosts.is_up(host); });
}

}  // namespace

void record_host(Dependencies& d, const std::string& host, const json::object& report) {
    record(d, report_of(host, report, d.config));
}

void record_connection(Dependencies& d, const std::string& host) {
    // Where others may hear it, it is down when nobody does: see HostHearing.
    if (d.db.is_shared()) return;
    // Asked inside: one that comes back meanwhile says so in a later transaction.
    d.db.write_with([&](db::Transaction& tx) { repo::set_host_up(tx, host, d.hosts.is_up(host)); },
                    db::Durability::Grouped);
}

void record_hosts(Dependencies& d) {
    const auto version = d.hosts.version();
    if (d.recorded_hosts->version == version && !is_put_down_wrongly(d)) return;
    std::map<std::string, Host> rows;
    for (auto& row : d.db.read_with([](db::Transaction& tx) { return repo::all_hosts(tx); })) {
        auto name = row.name;
        rows.emplace(std::move(name), std::move(row));
    }
    for (const auto& host : d.hosts.hosts()) {
        const auto report = report_of(host.name, host.report, d.config);
        const auto row = rows.find(host.name);
        if (row == rows.end() || !is_recorded(row->second, report)) record(d, report);
    }
    for (const auto& [name, row] : rows) {
        if (row.up && !d.hosts.is_up(name)) record_connection(d, name);
    }
    d.recorded_hosts->version = version;
}

}  // namespace virga::compute::flows
