#include "volume/flows/services.hpp"

#include <algorithm>

#include "volume/api/api.hpp"
#include "volume/api/log_levels.hpp"

namespace virga::volume::api {
namespace {

constexpr int kCluster = 7;
constexpr int kFailover = 26;
constexpr int kLogLevels = 32;
constexpr int kBackendState = 49;

json::object view_of(const Call& call, const flows::ServiceState& service) {
    json::object view{{"binary", service.binary},
                      {"host", service.host},
                      {"zone", service.zone},
                      {"status", service.disabled ? "disabled" : "enabled"},
                      {"state", service.up ? "up" : "down"},
                      {"updated_at", time_or_null(service.updated_us)},
                      {"disabled_reason", string_or_null(service.disabled_reason)}};
    if (call.at_least(kCluster)) view["cluster"] = nullptr;
    if (service.binary != flows::kVolumeBinary) return view;
    view["frozen"] = service.frozen;
    view["replication_status"] = "disabled";
    view["active_backend_id"] = nullptr;
    if (call.at_least(kBackendState)) view["backend_state"] = service.up ? "up" : "down";
    return view;
}

http::Response list(const Call& call) {
    const auto host = call.request.query_value("host").value_or("");
    const auto binary = call.request.query_value("binary").value_or("");
    auto tx = call.db().read();
    json::array items;
    for (const auto& service : flows::services_of(tx, call.context.d)) {
        const bool host_fits =
            host.empty() || service.host == host || service.host.substr(0, service.host.find('@')) == host;
        if (host_fits && (binary.empty() || service.binary == binary)) items.push_back(view_of(call, service));
    }
    return http::Response::with_json(200, json::object{{"services", std::move(items)}});
}

/// The service that the body names.
flows::ServiceState named_service(db::Transaction& tx, const Call& call, http::Fields& fields) {
    const auto host = fields.required_string("host", 1, 255);
    const auto binary = fields.string("binary", 1, 255).value_or(fields.string("service", 1, 255).value_or(""));
    if (binary.empty()) fields.fail("binary", "is required");
    const auto all = flows::services_of(tx, call.context.d);
    const auto found = std::find_if(all.begin(), all.end(), [&](const flows::ServiceState& item) {
        return item.host == host && item.binary == binary;
    });
    if (found == all.end()) {
        throw Error(ErrorCode::NotFound, "Service " + binary + " on host " + host + " could not be found.", {}, host);
    }
    return *found;
}

http::Response set_disabled(const Call& call, bool disabled, bool with_reason) {
    const auto body = call.request.json_body();
    http::Fields fields(body, "");
    auto tx = call.db().write();
    auto service = named_service(tx, call, fields);
    service.disabled = disabled;
    service.disabled_reason = with_reason ? fields.required_string("disabled_reason", 1, 255) : "";
    service.updated_us = now_us();
    repo::save(tx, service);
    tx.commit();
    json::object view{{"host", service.host},
                      {"service", service.binary},
                      {"binary", service.binary},
                      {"disabled", disabled},
                      {"status", disabled ? "disabled" : "enabled"}};
    if (with_reason || !disabled) view["disabled_reason"] = string_or_null(service.disabled_reason);
    return http::Response::with_json(200, std::move(view));
}

/// A frozen host takes no new volumes; those that it has stay as they are.
http::Response set_frozen(const Call& call, bool frozen) {
    const auto body = call.request.json_body();
    http::Fields fields(body, "");
    const auto host = fields.required_string("host", 1, 255);
    fields.any("cluster");
    fields.finish();
    auto tx = call.db().write();
    auto all = flows::services_of(tx, call.context.d);
    const auto found = std::find_if(all.begin(), all.end(), [&](const flows::ServiceState& item) {
        return item.host == host && item.binary == flows::kVolumeBinary;
    });
    if (found == all.end()) fields.fail("host", "'" + host + "' is not the host of a storage service");
    found->frozen = frozen;
    found->updated_us = now_us();
    repo::save(tx, *found);
    tx.commit();
    return http::Response::empty(200);
}

http::Response failover(const Call& call) {
    const auto body = call.request.json_body();
    http::Fields fields(body, "");
    const auto host = fields.required_string("host", 1, 255);
    throw Error(ErrorCode::InvalidInput, "host: the backend of " + host +
                                             " isn't replicated, so it has nothing to "
                                             "fail over to.");
}

http::Response act(const Call& call) {
    const auto& action = call.request.param("action");
    if (action == "enable") return set_disabled(call, false, false);
    if (action == "disable") return set_disabled(call, true, false);
    if (action == "disable-log-reason") return set_disabled(call, true, true);
    if (action == "freeze") return set_frozen(call, true);
    if (action == "thaw") return set_frozen(call, false);
    if (action == "failover_host" || (action == "failover" && call.at_least(kFailover))) return failover(call);
    if (action == "set-log" && call.at_least(kLogLevels)) return set_log_levels(call);
    if (action == "get-log" && call.at_least(kLogLevels)) return get_log_levels(call);
    throw Error(ErrorCode::InvalidInput, "There is no action " + action.substr(0, 64) + " of services.");
}

}  // namespace

void register_services(Routes& routes) {
    routes.add("GET", "/os-services", "volume_extension:services:index", list);
    routes.add("PUT", "/os-services/{action}", "volume_extension:services:update", act);
}

}  // namespace virga::volume::api
