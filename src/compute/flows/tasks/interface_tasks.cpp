#include "compute/flows/flow_data.hpp"
#include "compute/flows/host_calls.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/host_commands.hpp"

namespace virga::compute::flows {
namespace {

/// compute.manager.detach_interface: the port, hidden already, keeps its addresses until the guest has let go of the
/// device, however long that takes. Only the delete of the server ends it sooner.
class DetachInterface : public TypedComputeTask<DetachInterfaceData> {
public:
    using TypedTask::TypedTask;
    int retry_seconds() const override { return kForeverSeconds; }

    taskflow::Outcome execute(const Context& context) override {
        const auto& nic = context.data.nic;
        d_.hosts.call(context.data.host, command::kDetachNic,
                      json::object{{"server_id", context.data.server.value}, {"nic", nic.to_json()}},
                      call_options(context, "detach_nic", kShortDeadline));
        taskflow::Outcome outcome;
        outcome.decision = "the guest let go of " + nic.mac + ", " + nic.tap + " is removed: port " + nic.port_id +
                           " and its addresses are given back";
        outcome.apply = [this, port = PortId(nic.port_id)](db::Transaction& tx) { d_.networks.remove_port(tx, port); };
        return outcome;
    }

    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        const auto& nic = context.data.nic;
        clean_up(d_, context.data.host, network::command::kUnplug, json::object{{"nics", json::array{nic.to_json()}}},
                 revert_options(context, "unplug", kShortDeadline));
        taskflow::RevertOutcome outcome;
        outcome.decision = "port " + nic.port_id + " goes with its tap";
        outcome.apply = [this, port = PortId(nic.port_id)](db::Transaction& tx) { d_.networks.remove_port(tx, port); };
        return outcome;
    }
};

/// compute.manager.refresh_network: the host enforces what the ports of the server are now.
class RefreshNetwork : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;
    int retry_seconds() const override { return kForeverSeconds; }

    taskflow::Outcome execute(const Context& context) override {
        const auto nics = d_.db.read_with([&](db::Transaction& tx) {
            const auto server = live_server(tx, context.data.server);
            return server.host == context.data.host ? d_.networks.nics_of_server(tx, server.id)
                                                    : std::vector<network::Nic>();
        });
        if (!nics.empty()) {
            d_.hosts.call(context.data.host, network::command::kPlug, json::object{{"nics", nics_to_json(nics)}},
                          call_options(context, "plug", kShortDeadline));
        }
        taskflow::Outcome outcome;
        outcome.decision = std::to_string(nics.size()) + " ports are as the network service has them now";
        return outcome;
    }
};

}  // namespace

TaskPtr make_detach_interface(Dependencies& d) {
    return std::make_shared<DetachInterface>(d);
}

TaskPtr make_refresh_network(Dependencies& d) {
    return std::make_shared<RefreshNetwork>(d);
}

}  // namespace virga::compute::flows
