#include "compute/flows/power_sync.hpp"

#include "base/log.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/flow_kinds.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/host_commands.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

bool is_dead(PowerState state) {
    return state == PowerState::NoState || state == PowerState::Shutdown || state == PowerState::Crashed;
}

PowerState guest_state(Dependencies& d, const taskflow::TaskContext& context, const Server& server) {
    rpc::CallOptions options;  // no command id: the answer must be of now
    options.request_id = context.request_id;
    options.cancelled = context.cancel_requested;
    const auto reply =
        d.hosts.call(server.host, command::kServerState, json::object{{"server_id", server.id.value}}, options);
    return state_of_guest(get_bool(reply, "exists", true), get_int(reply, "power_state"));
}

std::string align(db::Transaction& tx, const ServerId& id, PowerState state) {
    if (is_dead(state) && try_advance(tx, id, server_change::kSyncStopped)) {
        repo::set_power_state(tx, id, state);
        return "the guest stopped by itself: vm_state stopped";
    }
    if (state == PowerState::Running && try_advance(tx, id, server_change::kSyncActive)) {
        repo::set_power_state(tx, id, state);
        return "the guest runs: vm_state active";
    }
    const auto server = repo::find_server(tx, id);
    if (!server || !is_settled(*server) || server->power_state == state) return {};
    repo::set_power_state(tx, id, state);
    return "power_state " + std::to_string(static_cast<int>(state));
}

/// Starts sync_power_state on a server, on behalf of its owner.
void start_sync(db::Transaction& tx, Dependencies& d, const Server& server) {
    identity::Auth auth;
    auth.project = server.project;
    auth.user = server.user;
    auth.request_id = "req-" + new_uuid();
    auto spec = flow_with(flow_kind::kSyncPowerState, ServerData{server.id, auth, {}, 1});
    spec.tasks = {{"compute.manager.sync_power_state"}};
    d.runner.start(tx, spec);
}

}  // namespace

bool is_settled(const Server& server) {
    return server.task_state == TaskState::None &&
           (server.vm_state == VmState::Active || server.vm_state == VmState::Stopped);
}

PowerState state_of_guest(bool exists, std::int64_t power_state) {
    const auto state = static_cast<PowerState>(power_state);
    return !exists || state == PowerState::NoState ? PowerState::Shutdown : state;
}

bool is_in_line(const Server& server, PowerState guest) {
    return !is_settled(server) ||
           (guest == server.power_state && (server.vm_state == VmState::Active) == !is_dead(guest));
}

std::string sync_power_state(Dependencies& d, const taskflow::TaskContext& context, const Server& server) {
    if (!is_settled(server) || server.host.empty()) return {};
    const auto state = guest_state(d, context, server);
    if (is_in_line(server, state)) return {};
    return d.db.write_with([&](db::Transaction& tx) { return align(tx, server.id, state); }, db::Durability::Grouped);
}

void guest_changed(Dependencies& d, const std::string& host, const ServerId& id, PowerState state) {
    const auto seen = d.db.read_with([&](db::Transaction& tx) { return repo::find_server(tx, id); });
    // What the flows do to a guest is no news, and most events are of that kind.
    if (!seen || seen->host != host || seen->power_state == state) return;
    const bool died_in_build =
        seen->vm_state == VmState::Building && seen->task_state == TaskState::Spawning && is_dead(state);
    if (!died_in_build && !is_settled(*seen)) return;
    d.db.write_with(
        [&](db::Transaction& tx) {
            const auto server = repo::find_server(tx, id);
            if (!server || server->host != host) return;
            if (is_settled(*server)) {
                start_sync(tx, d, *server);
            } else if (server->vm_state == VmState::Building && is_dead(state)) {
                repo::set_power_state(tx, id, state);  // compute.manager.active looks at it
            }
        },
        db::Durability::Grouped);
}

void reconcile_host(Dependencies& d, const std::string& host) {
    const auto state = d.hosts.find(host);
    if (state && get_int(state->report, "vcpus") == 0) return;  // it has storage only
    taskflow::FlowSpec spec;
    spec.id = taskflow::new_flow_id();
    spec.kind = flow_kind::kReconcileHost;
    spec.resource = host;
    spec.data = json::object{{"host", host}};
    spec.request_id = "req-" + new_uuid();
    spec.tasks = {{"compute.manager.init_host"}};
    d.db.write_with([&](db::Transaction& tx) { d.runner.start(tx, spec); }, db::Durability::Grouped);
}

}  // namespace virga::compute::flows
