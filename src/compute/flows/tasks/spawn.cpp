#include <cstdio>

#include "compute/flows/flow_data.hpp"
#include "compute/flows/guest_spec.hpp"
#include "compute/flows/host_calls.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"

namespace virga::compute::flows {
namespace {

std::string milliseconds(std::int64_t us) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f ms", static_cast<double>(us) / 1000.0);
    return text;
}

std::string describe_guest(const json::object& reply, const GuestSpec& guest, const std::string& host) {
    if (get_bool(reply, "already_running")) return "the guest is running on host " + host + " already";
    return "guest with " + std::to_string(guest.vcpus) + " VCPUs, " + std::to_string(guest.memory_mib) + " MiB, " +
           std::to_string(guest.disks.size()) + " disks, " + std::to_string(guest.nics.size()) + " ports on host " +
           host + ": define " + milliseconds(get_int(reply, "define_us")) + ", create " +
           milliseconds(get_int(reply, "create_us"));
}

class Spawn : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;

    taskflow::Outcome execute(const Context& context) override {
        const auto guest = d_.db.read_with(
            [&](db::Transaction& tx) { return guest_spec(tx, d_, live_server(tx, context.data.server)); });
        const auto host = context.data.host;
        json::object params{{"guest", guest.to_json()}};
        d_.volumes.add_keys(params);
        const auto reply =
            d_.hosts.call(host, command::kSpawn, std::move(params), call_options(context, "spawn", kSpawnDeadline));
        const auto power = get_int(reply, "power_state", static_cast<int>(PowerState::Running));
        if (power != static_cast<int>(PowerState::Running)) {
            throw Error(ErrorCode::Internal, "The guest did not start: power_state is " + std::to_string(power) + ".");
        }
        taskflow::Outcome outcome;
        outcome.decision = describe_guest(reply, guest, host);
        return outcome;
    }

    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        taskflow::RevertOutcome outcome;
        const auto host = context.data.host;
        const auto id = context.data.server;
        const auto nics =
            d_.db.read_with([&](db::Transaction& tx) { return d_.networks.plugged_nics_of_server(tx, id); });
        const bool done = clean_up(d_, host, command::kDestroyGuest,
                                   json::object{{"server_id", id.value}, {"nics", nics_to_json(nics)}},
                                   revert_options(context, "destroy", kDestroyDeadline));
        outcome.decision =
            done ? "the guest is destroyed" : "host " + host + " is down: the guest is destroyed when it comes back";
        return outcome;
    }
};

}  // namespace

TaskPtr make_spawn(Dependencies& d) {
    return std::make_shared<Spawn>(d);
}

}  // namespace virga::compute::flows
