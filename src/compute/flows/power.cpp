#include "compute/flows/flow_data.hpp"
#include "compute/flows/flow_kinds.hpp"
#include "compute/flows/flows.hpp"
#include "compute/flows/record_action.hpp"
#include "compute/flows/server_steps.hpp"

namespace virga::compute::flows {
namespace {

void start_power_flow(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const ServerId& server,
                      const char* kind, const std::string& action, taskflow::TaskSpec task) {
    auto spec = flow_with(kind, ServerData{server, auth, {}, 1});
    spec.tasks = {std::move(task)};
    record_action(tx, action, spec);
    d.runner.start(tx, spec);
}

}  // namespace

void start(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const ServerId& server) {
    begin_action(tx, server, server_change::kStart);
    start_power_flow(tx, d, auth, server, flow_kind::kStartServer, "start", {"compute.manager.start_instance"});
}

void stop(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const ServerId& server) {
    begin_action(tx, server, server_change::kStop);
    start_power_flow(tx, d, auth, server, flow_kind::kStopServer, "stop", {"compute.manager.stop_instance"});
}

void reboot(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const ServerId& server,
            const std::string& type) {
    begin_action(tx, server, type == "HARD" ? server_change::kRebootHard : server_change::kRebootSoft);
    start_power_flow(tx, d, auth, server, flow_kind::kRebootServer, "reboot",
                     {"compute.manager.reboot_instance", json::object{{"type", type}}});
}

}  // namespace virga::compute::flows
