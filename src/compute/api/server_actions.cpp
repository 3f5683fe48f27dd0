#include <algorithm>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "compute/api/api.hpp"
#include "compute/api/console_text.hpp"
#include "compute/flows/record_action.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/host_commands.hpp"
#include "compute/model/server_changes.hpp"

namespace virga::compute::api {
namespace {

/// Those of Nova that this cloud doesn't have are here, too: who may not do one is told that, as there.
const identity::policy::Actions kActions{{"os-start", "os_compute_api:servers:start"},
                                         {"os-stop", "os_compute_api:servers:stop"},
                                         {"reboot", "os_compute_api:servers:reboot"},
                                         {"lock", "os_compute_api:os-lock-server:lock"},
                                         {"unlock", "os_compute_api:os-lock-server:unlock"},
                                         {"os-resetState", "os_compute_api:os-admin-actions:reset_state"},
                                         {"forceDelete", "os_compute_api:os-deferred-delete:force"},
                                         {"os-getConsoleOutput", "os_compute_api:os-console-output"},
                                         {"pause", "os_compute_api:os-pause-server:pause"},
                                         {"unpause", "os_compute_api:os-pause-server:unpause"},
                                         {"suspend", "os_compute_api:os-suspend-server:suspend"},
                                         {"resume", "os_compute_api:os-suspend-server:resume"},
                                         {"rescue", "os_compute_api:os-rescue"},
                                         {"unrescue", "os_compute_api:os-unrescue"},
                                         {"resize", "os_compute_api:servers:resize"},
                                         {"confirmResize", "os_compute_api:servers:confirm_resize"},
                                         {"revertResize", "os_compute_api:servers:revert_resize"},
                                         {"rebuild", "os_compute_api:servers:rebuild"},
                                         {"shelve", "os_compute_api:os-shelve:shelve"},
                                         {"shelveOffload", "os_compute_api:os-shelve:shelve_offload"},
                                         {"unshelve", "os_compute_api:os-shelve:unshelve"},
                                         {"createImage", "os_compute_api:servers:create_image"},
                                         {"createBackup", "os_compute_api:os-create-backup"},
                                         {"migrate", "os_compute_api:os-migrate-server:migrate"},
                                         {"os-migrateLive", "os_compute_api:os-migrate-server:migrate_live"},
                                         {"evacuate", "os_compute_api:os-evacuate"},
                                         {"addFloatingIp", "os_compute_api:os-floating-ips:add"},
                                         {"removeFloatingIp", "os_compute_api:os-floating-ips:remove"},
                                         {"addFixedIp", "os_compute_api:os-multinic:add"},
                                         {"removeFixedIp", "os_compute_api:os-multinic:remove"},
                                         {"addSecurityGroup", "os_compute_api:os-security-groups:add"},
                                         {"removeSecurityGroup", "os_compute_api:os-security-groups:remove"},
                                         {"changePassword", "os_compute_api:os-admin-password"},
                                         {"restore", "os_compute_api:os-deferred-delete:restore"},
                                         {"injectNetworkInfo", "os_compute_api:os-admin-actions:inject_network_info"},
                                         {"resetNetwork", "os_compute_api:os-admin-actions:reset_network"},
                                         {"os-getVNCConsole", "os_compute_api:os-remote-consoles"},
                                         {"os-getSPICEConsole", "os_compute_api:os-remote-consoles"},
                                         {"os-getRDPConsole", "os_compute_api:os-remote-consoles"},
                                         {"os-getSerialConsole", "os_compute_api:os-remote-consoles"},
                                         {"os-getMKSConsole", "os_compute_api:os-remote-consoles"},
                                         {"trigger_crash_dump", "os_compute_api:servers:trigger_crash_dump"}};

const json::object& parameters(const json::value& value, const std::string& name) {
    if (!value.is_object()) throw Error(ErrorCode::InvalidInput, name + ": must be an object");
    return value.get_object();
}

void require_no_parameters(const json::value& value, const std::string& name) {
    const bool empty = value.is_null() || (value.is_object() && value.get_object().empty()) ||
                       (value.is_string() && value.get_string().empty());
    if (!empty) throw Error(ErrorCode::InvalidInput, name + ": takes no parameters, write null");
}

/// Runs `change` on the caller's unlocked server in one transaction; 202 without a body.
template <class F>
http::Response change(Call& call, F&& apply) {
    call.d.db.write_with([&](db::Transaction& tx) {
        const auto server = visible_server(tx, call.auth, call.server_id());
        require_unlocked(call.auth, server);
        apply(tx, server);
    });
    return http::Response::empty(202);
}

http::Response start(Call& call, const json::value& value) {
    require_no_parameters(value, "os-start");
    return change(call, [&](auto& tx, const Server& s) {
        require_allowed(server_change::kStart, s);
        flows::start(tx, call.d, call.auth, s.id);
    });
}

http::Response stop(Call& call, const json::value& value) {
    require_no_parameters(value, "os-stop");
    return change(call, [&](auto& tx, const Server& s) {
        require_allowed(server_change::kStop, s);
        flows::stop(tx, call.d, call.auth, s.id);
    });
}

http::Response reboot(Call& call, const json::value& value) {
    http::Fields fields(parameters(value, "reboot"), "reboot");
    auto type = fields.required_string("type", 1, 16);
    std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::toupper(c); });
    if (type != "SOFT" && type != "HARD") fields.fail("type", "must be SOFT or HARD");
    fields.finish();
    return change(call, [&](auto& tx, const Server& s) {
        require_allowed(type == "SOFT" ? server_change::kRebootSoft : server_change::kRebootHard, s);
        flows::reboot(tx, call.d, call.auth, s.id, type);
    });
}

http::Response lock(Call& call, const json::value& value) {
    std::string reason;
    if (call.minor >= 73 && value.is_object()) {
        http::Fields fields(value.get_object(), "lock");
        reason = fields.string("locked_reason", 1, 255).value_or("");
        fields.finish();
    } else {
        require_no_parameters(value, "lock");
    }
    call.d.db.write_with([&](db::Transaction& tx) {
        auto server = visible_server(tx, call.auth, call.server_id());
        server.locked = true;
        server.locked_reason = reason;
        repo::update_details(tx, server);
        flows::record_action(tx, "lock", call.auth, server.id);
    });
    return http::Response::empty(202);
}

http::Response unlock(Call& call, const json::value& value) {
    require_no_parameters(value, "unlock");
    call.d.db.write_with([&](db::Transaction& tx) {
        auto server = visible_server(tx, call.auth, call.server_id());
        server.locked = false;
        server.locked_reason.clear();
        repo::update_details(tx, server);
        flows::record_action(tx, "unlock", call.auth, server.id);
    });
    return http::Response::empty(202);
}

http::Response reset_state(Call& call, const json::value& value) {
    http::Fields fields(parameters(value, "os-resetState"), "os-resetState");
    const auto state = fields.one_of("state", {"active", "error"});
    if (!state) fields.fail("state", "is required: active or error");
    fields.finish();
    call.d.db.write_with([&](db::Transaction& tx) {
        const auto server = visible_server(tx, call.auth, call.server_id());
        // A running flow owns the state: resetting under it would only be overwritten.
        if (!call.d.runner.unfinished(tx, server.id.value).empty()) {
            throw Error(ErrorCode::Conflict, "Instance " + server.id.value + " is being worked on; wait, or delete it");
        }
        flows::begin_action(tx, server.id,
                            *state == "active" ? server_change::kResetActive : server_change::kResetError);
        flows::record_action(tx, "resetState", call.auth, server.id);
    });
    return http::Response::empty(202);
}

http::Response force_delete(Call& call, const json::value& value) {
    require_no_parameters(value, "forceDelete");
    return change(call, [&](auto& tx, const Server& s) { flows::remove(tx, call.d, call.auth, s.id); });
}

std::string console_host(Call& call) {
    auto tx = call.d.db.read();
    const auto server = visible_server(tx, call.auth, call.server_id());
    if (server.host.empty()) {
        throw Error(ErrorCode::Conflict, "Instance " + server.id.value + " is not ready: it has no host yet");
    }
    return server.host;
}

http::Response console_output(Call& call, const json::value& value) {
    http::Fields fields(parameters(value, "os-getConsoleOutput"), "os-getConsoleOutput");
    const auto lines = fields.integer("length", -1, INT64_MAX);
    fields.finish();
    static constexpr std::int64_t kMostBytes = 102400;
    rpc::CallOptions options;
    options.request_id = call.request.request_id;
    options.deadline = std::chrono::seconds(20);
    options.only_if_it_answers = true;
    const auto host = console_host(call);
    return http::Response::waiting_for(host, [&hosts = call.d.hosts, host, id = call.server_id(), options, lines] {
        const auto reply =
            hosts.call(host, command::kConsoleOutput, {{"server_id", id.value}, {"max_bytes", kMostBytes}}, options);
        std::string output;
        base64_decode(get_string(reply, "output"), output);
        return json_response(200, "output", json::value(printable(last_lines(output, lines.value_or(-1)))));
    });
}

using ActionHandler = http::Response (*)(Call&, const json::value&);

const std::map<std::string, ActionHandler>& handlers() {
    static const std::map<std::string, ActionHandler> table{{"os-start", start},
                                                            {"os-stop", stop},
                                                            {"reboot", reboot},
                                                            {"lock", lock},
                                                            {"unlock", unlock},
                                                            {"os-resetState", reset_state},
                                                            {"forceDelete", force_delete},
                                                            {"os-getConsoleOutput", console_output}};
    return table;
}

http::Response act(Call& call) {
    const auto body = call.request.json_body();
    if (body.size() != 1) throw Error(ErrorCode::InvalidInput, "the body must name one action");
    const std::string name(body.begin()->key());
    const auto handler = handlers().find(name);
    if (handler != handlers().end()) return handler->second(call, body.begin()->value());
    call.d.db.read_with([&](db::Transaction& tx) { visible_server(tx, call.auth, call.server_id()); });
    throw Error(ErrorCode::NotSupported, "server action '" + name + "' is not available in this cloud");
}

}  // namespace

void add_server_actions(Routes& routes) {
    routes.add("POST", "/servers/{server_id}/action", kActions, act);
}

}  // namespace virga::compute::api
