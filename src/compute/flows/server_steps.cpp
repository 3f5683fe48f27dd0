#include "compute/flows/server_steps.hpp"

#include "base/error.hpp"
#include "compute/model/server_states.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

/// Compares with just the pair that was read, so a change by someone else in between is never overwritten.
bool swap_state(db::Transaction& tx, const ServerAction& action, Server& server) {
    const auto to_vm = action.to_vm.empty() ? server.vm_state : action.to_vm;
    if (to_vm == server.vm_state && action.to_task == server.task_state) return true;
    if (!repo::change_state(tx, server.id, {server.vm_state}, {server.task_state}, to_vm, action.to_task)) return false;
    server.vm_state = to_vm;
    server.task_state = action.to_task;
    return true;
}

}  // namespace

Server live_server(db::Transaction& tx, const ServerId& id) {
    auto server = repo::find_server(tx, id);
    if (!server || server->task_state == "deleting") {
        throw Error(ErrorCode::Cancelled, "Instance " + id.value + " disappeared or is being deleted.");
    }
    return std::move(*server);
}

Server advance(db::Transaction& tx, const ServerId& id, std::string_view action) {
    const auto& step = server_action(action);
    auto server = live_server(tx, id);
    if (!allowed(step, server) || !swap_state(tx, step, server)) {
        throw Error(ErrorCode::Cancelled, "The state of instance " + id.value +
                                              " was changed by someone else: " + refusal(step, server) + ".");
    }
    return server;
}

bool try_advance(db::Transaction& tx, const ServerId& id, std::string_view action) {
    const auto& step = server_action(action);
    auto server = repo::find_server(tx, id);
    return server && allowed(step, *server) && swap_state(tx, step, *server);
}

Server begin_action(db::Transaction& tx, const ServerId& id, std::string_view action) {
    const auto& step = server_action(action);
    auto server = repo::get_server(tx, id);
    require_allowed(step, server);
    if (!swap_state(tx, step, server)) throw Error(ErrorCode::Conflict, refusal(step, server));
    return server;
}

}  // namespace virga::compute::flows
