#include "compute/flows/host_views.hpp"

#include <functional>

#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

/// Candidates after which no more hosts are looked at.
constexpr std::size_t kEnoughCandidates = 32;

scheduler::HostView view_of(const rpc::HostState& host, bool up, const std::string& default_zone) {
    scheduler::HostView view;
    view.name = host.name;
    view.up = up;
    view.zone = get_string(host.report, "zone");
    if (view.zone.empty()) view.zone = default_zone;
    view.vcpus = get_int(host.report, "vcpus");
    view.memory_mib = get_int(host.report, "memory_mib");
    view.disk_gib = get_int(host.report, "disk_gib");
    return view;
}

void add_volume_host(db::Transaction& tx, Dependencies& d, const VolumeId& id, std::set<std::string>& hosts) {
    const auto volume = d.volumes.find(tx, id);
    if (volume && volume->host_local && !volume->host.empty()) hosts.insert(volume->host);
}

}  // namespace

void fill_usage(db::Transaction& tx, scheduler::HostView& view) {
    const auto usage = repo::usage_of_host(tx, view.name);
    view.used_vcpus = usage.vcpus;
    view.used_memory_mib = usage.memory_mib;
    view.used_disk_gib = usage.disk_gib;
    view.servers = usage.servers;
}

scheduler::AllocationPercent allocation(const config::Config& config) {
    return {config.get(setting::cpu_ratio_percent), config.get(setting::ram_ratio_percent),
            config.get(setting::disk_ratio_percent)};
}

HostViews host_views(db::Transaction& tx, Dependencies& d, const scheduler::Request& request, const ServerId& server) {
    const auto hosts = d.hosts.hosts();
    const auto percent = allocation(d.config);
    const auto& zone = d.config.get(setting::default_zone);
    const auto first = hosts.empty() ? 0 : std::hash<std::string>{}(server.value) % hosts.size();
    HostViews result;
    std::size_t candidates = 0;
    for (std::size_t i = 0; i < hosts.size() && candidates < kEnoughCandidates; ++i) {
        const auto& host = hosts[(first + i) % hosts.size()];
        if (get_int(host.report, "vcpus") == 0) continue;  // a storage host
        auto view = view_of(host, host.answers, zone);
        if (!scheduler::reject(view, request, percent)) {
            fill_usage(tx, view);
            if (!scheduler::reject_capacity(view, request, percent)) ++candidates;
        }
        if (!get_array(host.report, "backends").empty()) {
            result.storage_zones.emplace(view.name, get_string(host.report, "zone"));
        }
        result.views.push_back(std::move(view));
    }
    return result;
}

std::int64_t local_disk_gib(const Server& server, const std::vector<BlockDevice>& devices) {
    constexpr std::int64_t kMibPerGib = 1024;
    std::int64_t total = 0;
    for (const auto& device : devices) {
        if (device.no_device) continue;
        if (device.is_local_root()) total += server.flavor.root_gib;
        if (device.is_swap())
            total += (device.volume_size.value_or(server.flavor.swap_mib) + kMibPerGib - 1) / kMibPerGib;
        if (device.is_ephemeral()) total += device.volume_size.value_or(server.flavor.ephemeral_gib);
    }
    return total;
}

std::set<std::string> volume_hosts(db::Transaction& tx, Dependencies& d, const std::vector<BlockDevice>& devices) {
    std::set<std::string> hosts;
    for (const auto& device : devices) {
        if (device.no_device || !device.is_volume()) continue;
        if (!device.volume_id.empty()) {
            add_volume_host(tx, d, VolumeId(device.volume_id), hosts);
        } else if (!device.snapshot_id.empty()) {
            const auto snapshot = d.volumes.find_snapshot(tx, SnapshotId(device.snapshot_id));
            if (snapshot) add_volume_host(tx, d, snapshot->volume, hosts);
        }
    }
    return hosts;
}

}  // namespace virga::compute::flows
