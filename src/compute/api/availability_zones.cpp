#include <algorithm>
#include <map>

#include "compute/api/api.hpp"
#include "compute/repo/host_repo.hpp"
#include "compute/settings.hpp"

namespace virga::compute::api {
namespace {

std::map<std::string, std::vector<rpc::HostState>> hosts_by_zone(const Call& call) {
    std::map<std::string, std::vector<rpc::HostState>> zones;
    zones[call.d.config.get(setting::default_zone)];
    for (const auto& host : compute_hosts(call.d)) zones[zone_of_host(call.d, host)].push_back(host);
    return zones;
}

using States = std::map<std::string, ServiceState>;

json::object host_view(const States& states, const rpc::HostState& host) {
    const auto found = states.find(host.name);
    const auto state = found == states.end() ? ServiceState{} : found->second;
    json::object service{{"available", host.answers && !state.forced_down},
                         {"active", !state.disabled},
                         {"updated_at", iso8601_us(now_us())}};
    return {{"nova-compute", std::move(service)}};
}

/// A zone whose hosts are all disabled takes no servers. The default zone is there without hosts, too.
bool takes_servers(const States& states, const std::vector<rpc::HostState>& hosts) {
    if (hosts.empty()) return true;
    return std::any_of(hosts.begin(), hosts.end(), [&](const auto& host) {
        const auto found = states.find(host.name);
        return found == states.end() || !found->second.disabled;
    });
}

http::Response list(Call& call, bool detail) {
    json::array zones;
    const auto states = call.d.db.read_with([](db::Transaction& tx) { return repo::service_states(tx); });
    for (const auto& [name, hosts] : hosts_by_zone(call)) {
        json::object zone{{"zoneName", name},
                          {"zoneState", json::object{{"available", takes_servers(states, hosts)}}},
                          {"hosts", nullptr}};
        if (detail) {
            json::object views;
            for (const auto& host : hosts) views[host.name] = host_view(states, host);
            zone["hosts"] = std::move(views);
        }
        zones.push_back(std::move(zone));
    }
    return json_response(200, "availabilityZoneInfo", std::move(zones));
}

}  // namespace

void add_availability_zones(Routes& routes) {
    routes.add("GET", "/os-availability-zone", "os_compute_api:os-availability-zone:list",
               [](Call& call) { return list(call, false); });
    routes.add("GET", "/os-availability-zone/detail", "os_compute_api:os-availability-zone:detail",
               [](Call& call) { return list(call, true); });
}

}  // namespace virga::compute::api
