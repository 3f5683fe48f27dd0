#include "compute/flows/server_nics.hpp"

#include "compute/flows/flow_data.hpp"
#include "compute/flows/flow_kinds.hpp"
#include "compute/flows/record_action.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {

bool ServerNics::exists(db::Transaction& tx, const ServerId& id) {
    return repo::find_server(tx, id).has_value();
}

bool ServerNics::begin_detach(db::Transaction& tx, const identity::Auth& auth, const ServerId& id,
                              const network::Nic& nic) {
    const auto server = repo::find_server(tx, id);
    if (!server) return false;
    if (server->task_state == TaskState::Deleting) return true;  // the delete flow ends the ports of the server
    begin_action(tx, id, server_change::kDetachInterface);
    if (server->host.empty()) return false;
    auto spec = flow_with(flow_kind::kDetachInterface, DetachInterfaceData{{id, auth, server->host, 1}, nic});
    spec.tasks = {{"compute.manager.detach_interface"}};
    record_action(tx, "detach_interface", spec);
    d_.runner.start(tx, spec);
    return true;
}

void ServerNics::refresh(db::Transaction& tx, const identity::Auth& auth, const ServerId& id) {
    const auto server = repo::find_server(tx, id);
    if (!server || server->host.empty() || server->task_state == TaskState::Deleting) return;
    auto spec = flow_with(flow_kind::kRefreshNetwork, ServerData{id, auth, server->host, 1});
    spec.tasks = {{"compute.manager.refresh_network"}};
    d_.runner.start(tx, spec);
}

}  // namespace virga::compute::flows
