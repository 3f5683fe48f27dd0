#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "compute/api/api.hpp"
#include "compute/api/query_rules.hpp"
#include "compute/repo/host_repo.hpp"
#include "http/schema.hpp"

namespace virga::compute::api {
namespace {

constexpr int kForcedDownSince = 11;
constexpr int kUuidSince = 53;
constexpr std::size_t kLongestText = 255;
constexpr const char* kCompute = "nova-compute";

struct Service {
    std::string binary;
    std::string host;
    std::string zone;
    bool answers = true;
    ServiceState state;
    std::size_t place = 0;  ///< in the list of all

    bool is_up() const { return answers && !state.forced_down; }
};

/// The control process plays the parts of Nova's scheduler and conductor.
std::vector<Service> all_services(const Call& call, db::Transaction& tx) {
    std::vector<Service> all{{"nova-conductor", "control", "internal", true, {}, 0},
                             {"nova-scheduler", "control", "internal", true, {}, 1}};
    const auto states = repo::service_states(tx);
    for (const auto& host : compute_hosts(call.d)) {
        const auto found = states.find(host.name);
        const auto state = found == states.end() ? ServiceState{} : found->second;
        all.push_back({kCompute, host.name, zone_of_host(call.d, host), host.answers, state, all.size()});
    }
    return all;
}

/// Below 2.53 a number.
json::value id_of(const Call& call, const Service& service) {
    if (call.minor >= kUuidSince) return json::value(service_uuid(service.binary, service.host));
    return json::value(static_cast<std::int64_t>(service.place) + 1);
}

json::object view(const Call& call, const Service& service) {
    const auto& state = service.state;
    json::object out{{"id", id_of(call, service)},
                     {"binary", service.binary},
                     {"host", service.host},
                     {"zone", service.zone},
                     {"status", state.disabled ? "disabled" : "enabled"},
                     {"state", service.is_up() ? "up" : "down"},
                     {"updated_at", iso8601_us(now_us())},
                     {"disabled_reason", nullptr}};
    if (!state.disabled_reason.empty()) out["disabled_reason"] = state.disabled_reason;
    if (call.minor >= kForcedDownSince) out["forced_down"] = state.forced_down;
    return out;
}

http::Response list(Call& call) {
    check_query(call, "os-services");
    const auto binary = call.request.query_value("binary");
    const auto host = call.request.query_value("host");
    auto tx = call.d.db.read();
    json::array views;
    for (const auto& service : all_services(call, tx)) {
        if ((binary && *binary != service.binary) || (host && *host != service.host)) continue;
        views.push_back(view(call, service));
    }
    return json_response(200, "services", std::move(views));
}

/// The service of the path. Only those of hosts can be changed.
Service service_of_path(const Call& call, db::Transaction& tx) {
    const auto& wanted = call.param("service_id");
    for (auto& service : all_services(call, tx)) {
        const auto id = id_of(call, service);
        if ((id.is_string() ? std::string(id.as_string()) : json::serialize(id)) != wanted) continue;
        if (service.binary == kCompute) return service;
        throw Error(ErrorCode::InvalidInput, "service_id: " + service.binary +
                                                 " is a part of the control process; only services " + kCompute +
                                                 " can be changed or deleted.");
    }
    throw Error(ErrorCode::NotFound, "Service " + wanted.substr(0, 64) + " could not be found.");
}

/// The service that a body names, as clients before 2.53 do.
Service service_of_body(const Call& call, db::Transaction& tx, const std::string& host, const std::string& binary) {
    for (auto& service : all_services(call, tx)) {
        if (service.host == host && service.binary == binary && binary == kCompute) return service;
    }
    throw Error(ErrorCode::NotFound, "Service " + binary + " on host " + host + " could not be found.");
}

void save(db::Transaction& tx, Service& service, const ServiceState& changed) {
    if (!repo::find_host(tx, service.host))
        throw Error(ErrorCode::Conflict, "The host " + service.host + " hasn't said yet what it has: try again.");
    repo::save_service(tx, service.host, changed);
    service.state = changed;
}

ServiceState changed_by(const Call& call, ServiceState state) {
    const auto body = call.request.json_body();
    http::Fields fields(body, "");
    const auto status = fields.one_of("status", {"enabled", "disabled"});
    const auto reason = fields.string("disabled_reason", 1, kLongestText);
    const auto forced_down = fields.boolean("forced_down");
    fields.finish();
    if (!status && !forced_down) fields.fail("status", "or forced_down is required");
    if (reason && status != "disabled") fields.fail("disabled_reason", "needs the status 'disabled'");
    if (status) state.disabled = *status == "disabled";
    if (status) state.disabled_reason = reason.value_or("");
    if (forced_down) state.forced_down = *forced_down;
    return state;
}

http::Response update(Call& call) {
    auto service = call.d.db.write_with([&](db::Transaction& tx) {
        auto found = service_of_path(call, tx);
        save(tx, found, changed_by(call, found.state));
        return found;
    });
    return json_response(200, "service", view(call, service));
}

/// What a client before 2.53 may do, by the last part of the path.
http::Response act(Call& call) {
    const auto& action = call.param("service_id");
    const bool forces = action == "force-down" && call.minor >= kForcedDownSince;
    const bool gives_reason = action == "disable-log-reason";
    if (!forces && !gives_reason && action != "enable" && action != "disable")
        throw Error(ErrorCode::NotFound, "There is no action " + action.substr(0, 64) + " of services.");
    const auto body = call.request.json_body();
    http::Fields fields(body, "");
    const auto host = fields.required_string("host", 1, kLongestText);
    const auto binary = fields.required_string("binary", 1, kLongestText);
    const auto reason = gives_reason ? fields.required_string("disabled_reason", 1, kLongestText) : "";
    const auto forced_down = forces ? fields.boolean("forced_down") : std::nullopt;
    if (forces && !forced_down) fields.fail("forced_down", "is required");
    fields.finish();
    json::object out{{"host", host}, {"binary", binary}};
    call.d.db.write_with([&](db::Transaction& tx) {
        auto service = service_of_body(call, tx, host, binary);
        auto state = service.state;
        if (forced_down)
            state.forced_down = *forced_down;
        else
            state = {action != "enable", reason, state.forced_down};
        save(tx, service, state);
    });
    if (forced_down)
        out["forced_down"] = *forced_down;
    else
        out["status"] = action == "enable" ? "enabled" : "disabled";
    if (gives_reason) out["disabled_reason"] = reason;
    return json_response(200, "service", std::move(out));
}

/// One that answers would be there again at once.
http::Response remove(Call& call) {
    call.d.db.write_with([&](db::Transaction& tx) {
        const auto service = service_of_path(call, tx);
        const auto host = repo::find_host(tx, service.host);
        if (host && host->servers > 0)
            throw Error(ErrorCode::Conflict, "The host " + service.host + " has servers: move or delete them first.");
        if (service.answers || call.d.hosts.is_up(service.host))
            throw Error(ErrorCode::Conflict, "The host " + service.host + " is up: stop virga host there first.");
        repo::forget_host(tx, service.host);
    });
    return http::Response::empty(204);
}

}  // namespace

void add_services(Routes& routes) {
    routes.add("GET", "/os-services", "os_compute_api:os-services:list", list);
    routes.add("PUT", "/os-services/{service_id}", "os_compute_api:os-services:update",
               [](Call& call) { return call.minor >= kUuidSince ? update(call) : act(call); });
    routes.add("DELETE", "/os-services/{service_id}", "os_compute_api:os-services:delete", remove);
}

}  // namespace virga::compute::api
