#include <algorithm>

#include "volume/api/api.hpp"
#include "volume/model/placement.hpp"
#include "volume/repo/volume_repo.hpp"

/// What operators look at: zones, extensions, services, pools.
namespace virga::volume::api {
namespace {

http::Response availability_zones(const Call& call) {
    json::array zones;
    for (const auto& name : zones_of(call.context.d.hosts.hosts())) {
        zones.push_back(json::object{{"zoneName", name}, {"zoneState", json::object{{"available", true}}}});
    }
    return http::Response::with_json(200, json::object{{"availabilityZoneInfo", std::move(zones)}});
}

struct Extension {
    const char* alias;
    const char* name;
};
constexpr Extension kExtensions[] = {{"backups", "Backups"},
                                     {"os-admin-actions", "AdminActions"},
                                     {"os-availability-zone", "AvailabilityZones"},
                                     {"os-extended-snapshot-attributes", "ExtendedSnapshotAttributes"},
                                     {"os-quota-sets", "Quotas"},
                                     {"os-services", "Services"},
                                     {"os-types-extra-specs", "TypesExtraSpecs"},
                                     {"os-types-manage", "TypesManage"},
                                     {"os-vol-host-attr", "VolumeHostAttribute"},
                                     {"os-vol-image-meta", "VolumeImageMetadata"},
                                     {"os-vol-mig-status-attr", "VolumeMigStatusAttribute"},
                                     {"os-vol-tenant-attr", "VolumeTenantAttribute"},
                                     {"os-volume-actions", "VolumeActions"},
                                     {"scheduler-stats", "Scheduler_stats"}};

json::object extension_view(const Extension& extension) {
    return {{"alias", extension.alias},
            {"name", extension.name},
            {"description", std::string(extension.name) + "."},
            {"updated", "2022-07-31T00:00:00+00:00"},
            {"links", json::array()}};
}

http::Response extensions(const Call&) {
    json::array items;
    for (const auto& extension : kExtensions) items.push_back(extension_view(extension));
    return http::Response::with_json(200, json::object{{"extensions", std::move(items)}});
}

http::Response extension(const Call& call) {
    const auto& alias = call.request.param("alias");
    const auto* found = std::find_if(std::begin(kExtensions), std::end(kExtensions),
                                     [&](const Extension& item) { return alias == item.alias; });
    if (found == std::end(kExtensions)) {
        throw Error(ErrorCode::NotFound, "Extension " + alias + " could not be found.");
    }
    return http::Response::with_json(200, json::object{{"extension", extension_view(*found)}});
}

json::object service_view(const Call& call, const std::string& binary, const std::string& host,
                          const std::string& zone) {
    json::object view{{"binary", binary},          {"host", host},  {"zone", zone},
                      {"status", "enabled"},       {"state", "up"}, {"updated_at", iso8601_us(now_us())},
                      {"disabled_reason", nullptr}};
    if (call.at_least(7)) view["cluster"] = nullptr;
    if (call.at_least(49) && binary == "cinder-volume") view["backend_state"] = "up";
    return view;
}

http::Response services(const Call& call) {
    identity::require_admin(call.auth, "volume_extension:services:index");
    const auto wanted_host = call.request.query_value("host").value_or("");
    const auto wanted_binary = call.request.query_value("binary").value_or("");
    json::array items;
    const auto add = [&](const std::string& binary, const std::string& host, const std::string& zone) {
        const bool host_fits =
            wanted_host.empty() || host == wanted_host || host.substr(0, host.find('@')) == wanted_host;
        if (!host_fits || (!wanted_binary.empty() && binary != wanted_binary)) return;
        items.push_back(service_view(call, binary, host, zone));
    };
    add("cinder-scheduler", "virga", kDefaultZone);
    for (const auto& backend : backends_of(call.context.d.hosts.hosts())) {
        add("cinder-volume", backend.host + "@" + backend.name, backend.zone);
    }
    return http::Response::with_json(200, json::object{{"services", std::move(items)}});
}

json::object capabilities(const Backend& backend, std::int64_t provisioned_gib) {
    return {{"volume_backend_name", backend.name},
            {"driver_version", "1.0"},
            {"vendor_name", kVendor},
            {"storage_protocol", backend.driver},
            {"total_capacity_gb", backend.total_gib},
            {"free_capacity_gb", backend.free_gib},
            {"provisioned_capacity_gb", provisioned_gib},
            {"max_over_subscription_ratio", std::to_string(kDefaultOversubscription) + ".0"},
            {"thin_provisioning_support", true},
            {"reserved_percentage", 0},
            {"multiattach", true},
            {"timestamp", iso8601_us(now_us())}};
}

http::Response pools(const Call& call) {
    identity::require_admin(call.auth, "scheduler_extension:scheduler_stats:get_pools");
    const auto provisioned = call.db().read_with([](db::Transaction& tx) { return repo::provisioned_gib(tx); });
    json::array items;
    for (const auto& backend : backends_of(call.context.d.hosts.hosts())) {
        json::object pool{{"name", backend.label()}};
        const auto found = provisioned.find(backend.host + "@" + backend.name);
        if (call.flag("detail")) {
            pool["capabilities"] = capabilities(backend, found == provisioned.end() ? 0 : found->second);
        }
        items.push_back(std::move(pool));
    }
    return http::Response::with_json(200, json::object{{"pools", std::move(items)}});
}

}  // namespace

void register_operations(Routes& routes) {
    routes.add("GET", "/os-availability-zone", availability_zones);
    routes.add("GET", "/extensions", extensions);
    routes.add("GET", "/extensions/{alias}", extension);
    routes.add("GET", "/os-services", services);
    routes.add("GET", "/scheduler-stats/get_pools", pools);
}

}  // namespace virga::volume::api
