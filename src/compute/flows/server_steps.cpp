#include "compute/flows/server_steps.hpp"

#include "base/error.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

/// Compares with just the pair that was read, so a change by someone else in between is never overwritten.
bool swap_state(db::Transaction& tx, const ServerChange& change, Server& server) {
    const auto seen = states_of(server);
    if (lifecycle::after(change, seen) == seen) return true;
    if (!lifecycle::try_change(tx, server_machine(), change, server.id.value, seen)) return false;
    std::tie(server.vm_state, server.task_state) = lifecycle::after(change, seen);
    return true;
}

}  // namespace

Server live_server(db::Transaction& tx, const ServerId& id) {
    auto server = repo::find_server(tx, id);
    if (!server || server->task_state == TaskState::Deleting) {
        throw Error(ErrorCode::Cancelled, "Instance " + id.value + " disappeared or is being deleted.");
    }
    return std::move(*server);
}

json::object step_arg(const ServerChange& change, json::object others) {
    others["change"] = change.name;
    return others;
}

const ServerChange& step_of(const taskflow::TaskContext& context) {
    return change_named(get_string(context.arg, "change"));
}

Server advance(db::Transaction& tx, const ServerId& id, const ServerChange& change) {
    auto server = live_server(tx, id);
    if (!allowed(change, server) || !swap_state(tx, change, server)) {
        throw Error(ErrorCode::Cancelled, "The state of instance " + id.value +
                                              " was changed by someone else: " + refusal(change, server) + ".");
    }
    return server;
}

bool try_advance(db::Transaction& tx, const ServerId& id, const ServerChange& change) {
    auto server = repo::find_server(tx, id);
    return server && allowed(change, *server) && swap_state(tx, change, *server);
}

Server begin_action(db::Transaction& tx, const ServerId& id, const ServerChange& change) {
    auto server = repo::get_server(tx, id);
    require_allowed(change, server);
    if (!swap_state(tx, change, server)) throw Error(ErrorCode::Conflict, refusal(change, server));
    return server;
}

}  // namespace virga::compute::flows
