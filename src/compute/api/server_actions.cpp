#include <algorithm>
#include <set>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "compute/api/api.hpp"
#include "compute/api/console_text.hpp"
#include "compute/flows/record_action.hpp"
#include "compute/host_commands.hpp"
#include "compute/model/server_states.hpp"

namespace virga::compute::api {
namespace {

/// Actions of Nova that this cloud doesn't have.
bool is_known_elsewhere(const std::string& name) {
    static const std::set<std::string> names{"pause",
                                             "unpause",
                                             "suspend",
                                             "resume",
                                             "rescue",
                                             "unrescue",
                                             "resize",
                                             "confirmResize",
                                             "revertResize",
                                             "rebuild",
                                             "shelve",
                                             "shelveOffload",
                                             "unshelve",
                                             "createImage",
                                             "createBackup",
                                             "migrate",
                                             "os-migrateLive",
                                             "evacuate",
                                             "addFloatingIp",
                                             "removeFloatingIp",
                                             "addFixedIp",
                                             "removeFixedIp",
                                             "addSecurityGroup",
                                             "removeSecurityGroup",
                                             "changePassword",
                                             "restore",
                                             "injectNetworkInfo",
                                             "resetNetwork",
                                             "os-getVNCConsole",
                                             "os-getSPICEConsole",
                                             "os-getRDPConsole",
                                             "os-getSerialConsole",
                                             "os-getMKSConsole",
                                             "trigger_crash_dump"};
    return names.contains(name);
}

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
        require_allowed(server_action("start"), s);
        flows::start(tx, call.d, call.auth, s.id);
    });
}

http::Response stop(Call& call, const json::value& value) {
    require_no_parameters(value, "os-stop");
    return change(call, [&](auto& tx, const Server& s) {
        require_allowed(server_action("stop"), s);
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
        require_allowed(server_action(type == "SOFT" ? "reboot_soft" : "reboot_hard"), s);
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
    identity::require_admin(call.auth, "os_compute_api:os-admin-actions:reset_state");
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
        repo::change_state(tx, server.id, {"*"}, {"*"}, *state, "");
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
    if (is_known_elsewhere(name)) {
        throw Error(ErrorCode::NotSupported, "server action '" + name + "' is not available in this cloud");
    }
    throw Error(ErrorCode::InvalidInput, "There is no such action: " + name.substr(0, 64));
}

}  // namespace

void add_server_actions(Routes& routes) {
    routes.add("POST", "/servers/{server_id}/action", act);
}

}  // namespace virga::compute::api
