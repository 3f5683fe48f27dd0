#include <cstdio>

#include "volume/api/api.hpp"
#include "volume/api/filters.hpp"
#include "volume/api/types.hpp"
#include "volume/flows/services.hpp"
#include "volume/repo/volume_repo.hpp"

/// Pools of the storage backends (each has one) and what they can do.
namespace virga::volume::api {
namespace {

constexpr int kFilters = 28;
constexpr int kTypeFilter = 35;

std::string ratio_text(double ratio) {
    char text[32] = {};
    std::snprintf(text, sizeof text, "%.1f", ratio);
    return text;
}

json::object capabilities(const Backend& backend, std::int64_t provisioned_gib) {
    return {{"volume_backend_name", backend.pool()},
            {"pool_name", backend.name},
            {"driver_version", "1.0"},
            {"vendor_name", kVendor},
            {"storage_protocol", backend.driver},
            {"total_capacity_gb", backend.total_gib},
            {"free_capacity_gb", backend.free_gib},
            {"allocated_capacity_gb", provisioned_gib},
            {"provisioned_capacity_gb", provisioned_gib},
            {"max_over_subscription_ratio", ratio_text(backend.max_over_subscription_ratio)},
            {"thin_provisioning_support", true},
            {"thick_provisioning_support", false},
            {"reserved_percentage", backend.reserved_percentage},
            {"multiattach", true},
            {"QoS_support", false},
            {"backend_state", backend.up ? "up" : "down"},
            {"location_info", backend.host},
            {"timestamp", iso8601_us(now_us())}};
}

/// Pools that the query asks for. Of another type's specs nothing is told.
std::vector<Backend> wanted_pools(db::Transaction& tx, const Call& call) {
    auto found = flows::backends(tx, call.context.d);
    if (!call.at_least(kFilters)) return found;
    if (!check_filters(call, "pool", {"detail"})) return {};
    const auto name = call.request.query_value("name").value_or("");
    if (!name.empty()) std::erase_if(found, [&](const Backend& backend) { return backend.label() != name; });
    const auto type = call.at_least(kTypeFilter) ? call.request.query_value("volume_type").value_or("") : "";
    if (type.empty()) return found;
    const auto specs = visible_type(tx, call, type).extra_specs;
    std::erase_if(found, [&](const Backend& backend) { return !fits_specs(backend, specs); });
    return found;
}

http::Response pools(const Call& call) {
    auto tx = call.db().read();
    const auto provisioned = repo::provisioned_gib(tx);
    json::array items;
    for (const auto& backend : wanted_pools(tx, call)) {
        json::object pool{{"name", backend.label()}};
        const auto found = provisioned.find(backend.host + "@" + backend.name);
        if (call.flag("detail")) {
            pool["capabilities"] = capabilities(backend, found == provisioned.end() ? 0 : found->second);
        }
        items.push_back(std::move(pool));
    }
    return http::Response::with_json(200, json::object{{"pools", std::move(items)}});
}

json::object property(const char* title, const char* description) {
    return {{"title", title}, {"description", description}, {"type", "boolean"}};
}

http::Response show_capabilities(const Call& call) {
    const auto& host = call.request.param("host");
    for (const auto& backend : backends_of(call.context.d.hosts.hosts())) {
        const auto label = backend.host + "@" + backend.name;
        if (host != label && host != backend.label()) continue;
        return http::Response::with_json(
            200, json::object{
                     {"namespace", "OS::Storage::Capabilities::" + label},
                     {"vendor_name", kVendor},
                     {"volume_backend_name", backend.pool()},
                     {"pool_name", backend.name},
                     {"driver_version", "1.0"},
                     {"storage_protocol", backend.driver},
                     {"display_name", backend.name},
                     {"description", nullptr},
                     {"visibility", "public"},
                     {"replication_targets", json::array()},
                     {"properties",
                      json::object{{"thin_provisioning",
                                    property("Thin Provisioning", "Volumes take the space that is written.")},
                                   {"multiattach", property("Multiattach", "A volume may have several servers.")}}}});
    }
    throw Error(ErrorCode::NotFound, "There is no storage backend " + host + ".", {}, host);
}

}  // namespace

void register_pools(Routes& routes) {
    routes.add("GET", "/scheduler-stats/get_pools", "scheduler_extension:scheduler_stats:get_pools", pools);
    routes.add("GET", "/capabilities/{host}", "volume_extension:capabilities", show_capabilities);
}

}  // namespace virga::volume::api
