#include <algorithm>

#include "volume/api/api.hpp"
#include "volume/flows/services.hpp"
#include "volume/repo/host_usage_repo.hpp"

namespace virga::volume::api {
namespace {

json::object view_of(const flows::ServiceState& service) {
    return {{"host_name", service.host},
            {"service", service.binary},
            {"zone", service.zone},
            {"service-status", service.up ? "available" : "unavailable"},
            {"service-state", service.disabled ? "disabled" : "enabled"},
            {"last-update", time_or_null(service.updated_us)}};
}

http::Response list(const Call& call) {
    const auto binary = call.request.query_value("service").value_or("");
    const auto zone = call.request.query_value("zone").value_or("");
    auto tx = call.db().read();
    json::array items;
    for (const auto& service : flows::services_of(tx, call.context.d)) {
        const bool fits = (binary.empty() || service.binary == binary) && (zone.empty() || service.zone == zone);
        if (fits) items.push_back(view_of(service));
    }
    return http::Response::with_json(200, json::object{{"hosts", std::move(items)}});
}

flows::ServiceState storage_host(db::Transaction& tx, const Call& call) {
    const auto& host = call.request.param("host");
    for (const auto& service : flows::services_of(tx, call.context.d)) {
        if (service.binary == flows::kVolumeBinary && service.host == host) return service;
    }
    throw Error(ErrorCode::NotFound, "Host " + host + " could not be found.", {}, host);
}

/// Cinder writes these numbers as texts.
json::object resource(const std::string& host, const repo::HostUsage& usage) {
    return {{"resource", json::object{{"host", host},
                                      {"project", usage.project},
                                      {"volume_count", std::to_string(usage.volumes)},
                                      {"total_volume_gb", std::to_string(usage.volume_gib)},
                                      {"snapshot_count", std::to_string(usage.snapshots)},
                                      {"total_snapshot_gb", std::to_string(usage.snapshot_gib)}}}};
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    const auto host = storage_host(tx, call).host;
    repo::HostUsage total{"(total)"};
    json::array items;
    const auto projects = repo::host_usage(tx, host);
    for (const auto& usage : projects) total.add(usage);
    items.push_back(resource(host, total));
    for (const auto& usage : projects) items.push_back(resource(host, usage));
    return http::Response::with_json(200, json::object{{"host", std::move(items)}});
}

http::Response update(const Call& call) {
    const auto body = call.request.json_body();
    http::Fields fields(body, "");
    const auto status = fields.one_of("status", {"enable", "disable"});
    if (!status) fields.fail("status", "is required: enable or disable");
    fields.finish();
    auto tx = call.db().write();
    auto service = storage_host(tx, call);
    service.disabled = *status == "disable";
    service.disabled_reason.clear();
    service.updated_us = now_us();
    repo::save(tx, service);
    tx.commit();
    return http::Response::with_json(
        200, json::object{{"host", service.host}, {"status", service.disabled ? "disabled" : "enabled"}});
}

}  // namespace

void register_hosts(Routes& routes) {
    routes.add("GET", "/os-hosts", "volume_extension:hosts", list);
    routes.add("GET", "/os-hosts/{host}", "volume_extension:hosts", show);
    routes.add("PUT", "/os-hosts/{host}", "volume_extension:hosts", update);
}

}  // namespace virga::volume::api
