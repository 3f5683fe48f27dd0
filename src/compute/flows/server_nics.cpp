#include "compute/flows/server_nics.hpp"

#include "compute/flows/flow_data.hpp"
#include "compute/flows/flow_kinds.hpp"
#include "compute/flows/record_action.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {

bool ServerNics::begin_detach(db::Transaction& tx, const identity::Auth& auth, const ServerId& id,
                              const network::Nic& nic) {
    const auto server = repo::find_server(tx, id);
    if (!server || server->host.empty()) return false;
    if (server->task_state == "deleting") return true;  // the delete flow ends the ports of the server
    begin_action(tx, id, "detach_interface");
    auto spec = flow_on(flow_kind::kDetachInterface, id, auth);
    spec.data["host"] = server->host;
    spec.data["nic"] = nic.to_json();
    spec.tasks = {{"compute.manager.detach_interface"}};
    record_action(tx, "detach_interface", spec);
    d_.runner.start(tx, spec);
    return true;
}

void ServerNics::refresh(db::Transaction& tx, const identity::Auth& auth, const ServerId& id) {
    const auto server = repo::find_server(tx, id);
    if (!server || server->host.empty() || server->task_state == "deleting") return;
    auto spec = flow_on(flow_kind::kRefreshNetwork, id, auth);
    spec.data["host"] = server->host;
    spec.tasks = {{"compute.manager.refresh_network"}};
    d_.runner.start(tx, spec);
}

}  // namespace virga::compute::flows
