#include "compute/flows/flow_data.hpp"
#include "compute/flows/host_calls.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"

namespace virga::compute::flows {
namespace {

/// Taps and bridges are the host's, and no member's business.
enum class Reader { Owner, Operator };

std::string describe(const std::vector<network::Nic>& nics, Reader reader) {
    if (nics.empty()) return "no networks were asked for";
    std::string text = "allocated " + std::to_string(nics.size()) + (nics.size() == 1 ? " port:" : " ports:");
    for (const auto& nic : nics) {
        text += (&nic == &nics.front() ? " " : ", ") + nic.network_name;
        for (const auto& ip : nic.fixed_ips) text += " " + ip.address;
        text += " (" + nic.mac + (reader == Reader::Operator ? ", " + nic.tap + " on " + nic.bridge : "") + ")";
    }
    return text;
}

/// The server has its ports since its request: now they are on a host. Another host may be tried with them.
class BuildNetworks : public TypedComputeTask<BootData> {
public:
    using TypedTask::TypedTask;

    taskflow::Outcome execute(const Context& context) override {
        const auto host = context.data.host;
        const auto nics = bind(context, host);
        if (!nics.empty()) {
            d_.hosts.call(host, network::command::kPlug, json::object{{"nics", nics_to_json(nics)}},
                          call_options(context, "plug", kShortDeadline));
        }
        taskflow::Outcome outcome;
        outcome.decision = describe(nics, Reader::Operator);
        outcome.told = describe(nics, Reader::Owner);
        return outcome;
    }

    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        taskflow::RevertOutcome outcome;
        const auto id = context.data.server;
        const auto host = context.data.host;
        const auto nics =
            d_.db.read_with([&](db::Transaction& tx) { return d_.networks.plugged_nics_of_server(tx, id); });
        bool host_is_up = true;
        if (!nics.empty()) {
            host_is_up = clean_up(d_, host, network::command::kUnplug, json::object{{"nics", nics_to_json(nics)}},
                                  revert_options(context, "unplug", kShortDeadline));
        }
        outcome.decision =
            host_is_up ? "unplugged the ports" : "host " + host + " is down: its taps go when it comes back";
        outcome.apply = [this, id](db::Transaction& tx) { d_.networks.unbind(tx, id); };
        outcome.writers = db::Writers::Together;
        return outcome;
    }

private:
    std::vector<network::Nic> bind(const Context& context, const std::string& host) {
        return context.write(
            [&](db::Transaction& tx) {
                const auto server = advance(tx, context.data.server, step_of(context));
                return d_.networks.bind(tx, server.id, server.project, host, context.data.nics,
                                        context.data.security_groups);
            },
            db::Durability::Grouped, db::Writers::Together);
    }
};

}  // namespace

TaskPtr make_build_networks(Dependencies& d) {
    return std::make_shared<BuildNetworks>(d);
}

}  // namespace virga::compute::flows
