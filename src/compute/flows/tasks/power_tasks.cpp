#include <charconv>

#include "base/public_text.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/guest_spec.hpp"
#include "compute/flows/host_calls.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

constexpr std::int64_t kShutdownTimeoutS = 60;
constexpr std::int64_t kLongestShutdownS = 3600;

/// Seconds that a guest has to shut down after the ACPI power button, before it is switched off: the image property
/// os_shutdown_timeout (Nova), 0 to 3600, else 60.
std::int64_t shutdown_timeout_s(const json::object& image_properties) {
    const auto text = get_string(image_properties, "os_shutdown_timeout");
    std::int64_t seconds = -1;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool whole = failure == std::errc() && end == text.data() + text.size();
    return whole && seconds >= 0 && seconds <= kLongestShutdownS ? seconds : kShutdownTimeoutS;
}

/// What the three have in common: one command to the host of the server, and a change of state at its end.
class PowerTask : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;

protected:
    Server server_of(db::Transaction& tx, const Context& context) {
        auto server = live_server(tx, context.data.server);
        if (server.host.empty()) {
            throw Error(ErrorCode::Conflict, "Instance " + server.id.value + " has no host: it was never built.");
        }
        return server;
    }

    std::pair<Server, json::object> server_and_guest(const Context& context) {
        return d_.db.read_with([&](db::Transaction& tx) {
            auto server = server_of(tx, context);
            auto guest = guest_spec(tx, d_, server).to_json();
            return std::make_pair(std::move(server), std::move(guest));
        });
    }

    /// Flows that copy data which the guest would write to: it is started when they have ended.
    std::vector<FlowId> holding(const Context& context) {
        return d_.db.read_with([&](db::Transaction& tx) { return d_.volumes.flows_holding(tx, context.data.server); });
    }

    static taskflow::Outcome wait_for(std::vector<FlowId> flows) {
        taskflow::Outcome outcome;
        outcome.decision = "a volume of the server is being moved: its guest is started when that has ended";
        outcome.wait_for = std::move(flows);
        return outcome;
    }

    static std::function<void(db::Transaction&)> finish(const ServerId& id, const ServerChange& change,
                                                        PowerState state) {
        return [id, &change, state](db::Transaction& tx) {
            advance(tx, id, change);
            repo::set_power_state(tx, id, state);
        };
    }

    static taskflow::RevertOutcome give_up(const Context& context, const ServerChange& change) {
        taskflow::RevertOutcome outcome;
        outcome.decision = "task_state null, vm_state as it was";
        outcome.apply = [id = context.data.server, &change](db::Transaction& tx) { try_advance(tx, id, change); };
        return outcome;
    }
};

class StartInstance : public PowerTask {
public:
    using PowerTask::PowerTask;

    taskflow::Outcome execute(const Context& context) override {
        if (auto flows = holding(context); !flows.empty()) return wait_for(std::move(flows));
        const auto [server, guest] = server_and_guest(context);
        json::object params{{"guest", guest}};
        d_.volumes.add_keys(params);
        d_.hosts.call(server.host, command::kPowerOn, params, call_options(context, "power_on", kSpawnDeadline));
        taskflow::Outcome outcome;
        outcome.decision = "powered on by host " + server.host + ": vm_state active";
        outcome.apply = finish(server.id, server_change::kStartFinish, PowerState::Running);
        return outcome;
    }

    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        return give_up(context, server_change::kStartFail);
    }
};

class StopInstance : public PowerTask {
public:
    using PowerTask::PowerTask;

    taskflow::Outcome execute(const Context& context) override {
        const auto [server, timeout_s] = d_.db.read_with([&](db::Transaction& tx) {
            auto found = server_of(tx, context);
            const auto devices = repo::block_devices(tx, found.id);
            const auto seconds = shutdown_timeout_s(boot_properties(tx, d_, found, devices));
            return std::make_pair(std::move(found), seconds);
        });
        const json::object params{{"server_id", server.id.value}, {"timeout_s", timeout_s}};
        const std::chrono::seconds deadline{timeout_s + kShutdownTimeoutS};
        d_.hosts.call(server.host, command::kPowerOff, params, call_options(context, "power_off", deadline));
        taskflow::Outcome outcome;
        outcome.decision = "powered off by host " + server.host + ": vm_state stopped";
        outcome.apply = finish(server.id, server_change::kStopFinish, PowerState::Shutdown);
        return outcome;
    }

    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        return give_up(context, server_change::kStopFail);
    }
};

class RebootInstance : public PowerTask {
public:
    using PowerTask::PowerTask;

    taskflow::Outcome execute(const Context& context) override {
        if (auto flows = holding(context); !flows.empty()) return wait_for(std::move(flows));
        const auto [server, guest] = server_and_guest(context);
        const auto type = get_string(context.arg, "type");
        json::object params{{"guest", guest}, {"type", type}};
        d_.volumes.add_keys(params);
        d_.hosts.call(server.host, command::kReboot, params, call_options(context, "reboot", kSpawnDeadline));
        taskflow::Outcome outcome;
        outcome.decision = "reboot_type " + type + ": rebooted by host " + server.host;
        outcome.apply = finish(server.id, server_change::kRebootFinish, PowerState::Running);
        return outcome;
    }

    /// A reboot that the guest has survived changes nothing; one that has cost it its life puts the server to ERROR.
    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        const auto id = context.data.server;
        const auto server = d_.db.read_with([&](db::Transaction& tx) { return repo::find_server(tx, id); });
        const bool runs = server && is_running(*server);
        taskflow::RevertOutcome outcome;
        outcome.decision = runs ? "the guest still runs: vm_state active" : "the guest does not run: vm_state error";
        outcome.apply = [id, runs, message = failure.message](db::Transaction& tx) {
            if (!try_advance(tx, id, runs ? server_change::kRebootFinish : server_change::kRebootFail) || runs) return;
            repo::set_fault(tx, id, {500, without_paths(message), "reboot failed: " + message, now_us()});
        };
        return outcome;
    }

private:
    /// True also when the host can't say: nothing is known to be wrong with the guest then.
    bool is_running(const Server& server) {
        rpc::CallOptions options;
        options.deadline = kShortDeadline;
        try {
            const auto reply = d_.hosts.call(server.host, command::kServerState,
                                             json::object{{"server_id", server.id.value}}, options);
            return get_int(reply, "power_state") == static_cast<int>(PowerState::Running);
        } catch (const Error& error) {
            return server.vm_state == VmState::Active && is_retryable(error.code());
        }
    }
};

}  // namespace

TaskPtr make_start_instance(Dependencies& d) {
    return std::make_shared<StartInstance>(d);
}

TaskPtr make_stop_instance(Dependencies& d) {
    return std::make_shared<StopInstance>(d);
}

TaskPtr make_reboot_instance(Dependencies& d) {
    return std::make_shared<RebootInstance>(d);
}

}  // namespace virga::compute::flows
