#include "compute/flows/flow_data.hpp"
#include "compute/flows/flow_kinds.hpp"
#include "compute/flows/flows.hpp"
#include "compute/flows/record_action.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

/// Flows of the server that have to revert first; nullopt when a delete is running already.
std::optional<std::vector<FlowId>> cancel_others(db::Transaction& tx, Dependencies& d, const ServerId& id) {
    std::vector<FlowId> cancelled;
    for (const auto& flow : d.runner.unfinished(tx, id.value)) {
        const auto record = d.runner.find(tx, flow);
        if (record && record->kind == flow_kind::kDeleteServer) return std::nullopt;
        cancelled.push_back(flow);
    }
    for (const auto& flow : cancelled) d.runner.cancel(tx, flow);
    return cancelled;
}

}  // namespace

void remove(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const ServerId& id) {
    repo::get_server(tx, id);
    const auto cancelled = cancel_others(tx, d, id);
    if (!cancelled) return;
    begin_action(tx, id, server_change::kDelete);

    auto spec = flow_with(flow_kind::kDeleteServer, DeleteServerData{{id, auth, {}, 1}, *cancelled});
    spec.tasks = {{"compute.api.delete"},
                  {"compute.manager.destroy_guest"},
                  {"compute.manager.remove_server_files"},
                  {"compute.manager.deallocate_networks"},
                  {"compute.manager.detach_volumes"},
                  {"compute.manager.delete_volumes"},
                  {"compute.manager.delete"}};
    record_action(tx, "delete", spec);
    d.runner.start(tx, spec);
}

}  // namespace virga::compute::flows
