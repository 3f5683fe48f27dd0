#include "compute/flows/flow_data.hpp"
#include "compute/flows/host_calls.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"

namespace virga::compute::flows {
namespace {

std::string describe(const std::vector<network::Nic>& nics) {
    if (nics.empty()) return "no networks were asked for";
    std::string text = "allocated " + std::to_string(nics.size()) + (nics.size() == 1 ? " port:" : " ports:");
    for (const auto& nic : nics) {
        text += (&nic == &nics.front() ? " " : ", ") + nic.network_name;
        for (const auto& ip : nic.fixed_ips) text += " " + ip.address;
        text += " (" + nic.mac + ", " + nic.tap + " on " + nic.bridge + ")";
    }
    return text;
}

/// Ports are made in the database first (their ids are derived, so a repeat finds them), then plugged on the host.
class BuildNetworks : public ComputeTask {
public:
    using ComputeTask::ComputeTask;

    taskflow::Outcome execute(const taskflow::TaskContext& context) override {
        const auto host = host_of(context);
        const auto nics = allocate(context, host);
        if (!nics.empty()) {
            d_.hosts.call(host, network::command::kPlug, json::object{{"nics", nics_to_json(nics)}},
                          call_options(context, "plug", kShortDeadline));
        }
        taskflow::Outcome outcome;
        outcome.decision = describe(nics);
        return outcome;
    }

    taskflow::RevertOutcome revert(const taskflow::TaskContext& context, const taskflow::Failure&) override {
        taskflow::RevertOutcome outcome;
        const auto id = server_id(context);
        const auto host = host_of(context);
        const auto nics = d_.db.read_with([&](db::Transaction& tx) { return d_.networks.nics_of_server(tx, id); });
        bool host_is_up = true;
        if (!nics.empty()) {
            host_is_up = clean_up(d_, host, network::command::kUnplug, json::object{{"nics", nics_to_json(nics)}},
                                  revert_options(context, "unplug", kShortDeadline));
        }
        outcome.decision = host_is_up ? "unplugged and released the ports"
                                      : "host " + host + " is down: released the ports, taps go when it comes back";
        outcome.apply = [this, id](db::Transaction& tx) { d_.networks.release(tx, id); };
        return outcome;
    }

private:
    std::vector<network::Nic> allocate(const taskflow::TaskContext& context, const std::string& host) {
        const auto requests = nic_requests_from_json(get_array(context.data, "nics"));
        const auto groups = texts_from_json(get_array(context.data, "security_groups"));
        return d_.db.write_with(
            [&](db::Transaction& tx) {
                const auto server = advance(tx, server_id(context), "create.networking");
                return d_.networks.allocate(tx, server.id, server.project, host, requests, groups);
            },
            db::Durability::Grouped);
    }
};

}  // namespace

TaskPtr make_build_networks(Dependencies& d) {
    return std::make_shared<BuildNetworks>(d);
}

}  // namespace virga::compute::flows
