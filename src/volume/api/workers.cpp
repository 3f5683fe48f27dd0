#include "volume/api/api.hpp"
#include "volume/flows/services.hpp"

/// Cinder cleans up after services that died in the middle of something when an operator asks for it. Virga's flows go
/// on by themselves as soon as their host is back: nothing is left to clean, and what is said is which services are
/// awaited.
namespace virga::volume::api {
namespace {

constexpr int kCleanup = 24;

json::object view_of(const flows::ServiceState& service) {
    return {{"id", derived_uuid(service.binary, service.host)},
            {"host", service.host},
            {"binary", service.binary},
            {"cluster_name", nullptr}};
}

/// Which services the body means. Fields that are absent don't narrow.
struct Wanted {
    std::string host;
    std::string binary;
    std::string id;
    std::optional<bool> up;
    std::optional<bool> disabled;

    bool fits(const flows::ServiceState& service) const {
        return (host.empty() || host == service.host) && (binary.empty() || binary == service.binary) &&
               (id.empty() || id == derived_uuid(service.binary, service.host)) && (!up || *up == service.up) &&
               (!disabled || *disabled == service.disabled);
    }
};

Wanted wanted_of(const json::object& body) {
    http::Fields fields(body, "");
    Wanted wanted;
    wanted.host = fields.string("host", 1, 255).value_or("");
    wanted.binary = fields.one_of("binary", {flows::kVolumeBinary, flows::kSchedulerBinary, flows::kBackupBinary})
                        .value_or(flows::kVolumeBinary);
    wanted.id = fields.string("service_id", 1, 255).value_or("");
    wanted.up = fields.boolean("is_up");
    wanted.disabled = fields.boolean("disabled");
    fields.string("cluster_name", 0, 255);
    const auto resource = fields.uuid("resource_id");
    const auto type = fields.one_of("resource_type", {"Volume", "Snapshot", "volume", "snapshot"});
    if (resource && !type) fields.fail("resource_type", "is required beside resource_id");
    fields.finish();
    return wanted;
}

http::Response cleanup(const Call& call) {
    const auto wanted = wanted_of(call.request.json_body());
    auto tx = call.db().read();
    json::array unavailable;
    for (const auto& service : flows::services_of(tx, call.context.d)) {
        if (!service.up && wanted.fits(service)) unavailable.push_back(view_of(service));
    }
    return http::Response::with_json(
        202, json::object{{"cleaning", json::array()}, {"unavailable", std::move(unavailable)}});
}

}  // namespace

void register_workers(Routes& routes) {
    routes.add("POST", "/workers/cleanup", "workers:cleanup", cleanup, kCleanup);
}

}  // namespace virga::volume::api
