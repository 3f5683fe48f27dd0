#include <map>

#include "compute/api/api.hpp"
#include "compute/settings.hpp"

namespace virga::compute::api {
namespace {

std::map<std::string, std::vector<rpc::HostState>> hosts_by_zone(const Call& call) {
    std::map<std::string, std::vector<rpc::HostState>> zones;
    zones[call.d.config.get(setting::default_zone)];
    for (const auto& host : compute_hosts(call.d)) zones[zone_of_host(call.d, host)].push_back(host);
    return zones;
}

json::object host_view(const rpc::HostState& host) {
    json::object service{{"available", host.answers}, {"active", true}, {"updated_at", iso8601_us(now_us())}};
    return {{"nova-compute", std::move(service)}};
}

http::Response list(Call& call, bool detail) {
    json::array zones;
    for (const auto& [name, hosts] : hosts_by_zone(call)) {
        json::object zone{{"zoneName", name}, {"zoneState", json::object{{"available", true}}}, {"hosts", nullptr}};
        if (detail) {
            json::object views;
            for (const auto& host : hosts) views[host.name] = host_view(host);
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
