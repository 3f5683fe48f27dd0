#include <set>

#include "volume/api/api.hpp"
#include "volume/flows/services.hpp"

namespace virga::volume::api {
namespace {

/// A zone is available while one of its backends takes volumes; the default zone also without backends.
http::Response list(const Call& call) {
    auto tx = call.db().read();
    std::set<std::string> closed;
    std::set<std::string> open;
    for (const auto& backend : flows::backends(tx, call.context.d)) {
        (backend.enabled ? open : closed).insert(backend.zone);
    }
    json::array zones;
    for (const auto& name : zones_of(call.context.d.hosts.hosts())) {
        const bool available = open.contains(name) || !closed.contains(name);
        zones.push_back(json::object{{"zoneName", name}, {"zoneState", json::object{{"available", available}}}});
    }
    return http::Response::with_json(200, json::object{{"availabilityZoneInfo", std::move(zones)}});
}

}  // namespace

void register_availability_zones(Routes& routes) {
    routes.add("GET", "/os-availability-zone", "volume_extension:availability_zone_list", list);
}

}  // namespace virga::volume::api
