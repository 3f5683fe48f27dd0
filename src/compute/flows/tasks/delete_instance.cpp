#include <algorithm>

#include "compute/flows/flow_data.hpp"
#include "compute/flows/host_calls.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/host_commands.hpp"
#include "compute/repo/server_repo.hpp"
#include "compute/settings.hpp"

namespace virga::compute::flows {
namespace {

/// A delete is never given up: its tasks are tried again until they succeed, and have no revert.
template <class Data>
class DeleteTask : public TypedComputeTask<Data> {
public:
    using TypedComputeTask<Data>::TypedTask::TypedTask;
    int retry_seconds() const override { return kForeverSeconds; }
};

/// Waits until the flows that the delete has cancelled have reverted.
class ApiDelete : public DeleteTask<DeleteServerData> {
public:
    using DeleteTask::DeleteTask;

    taskflow::Outcome execute(const Context& context) override {
        const auto& cancelled = context.data.cancelled;
        taskflow::Outcome outcome;
        d_.db.read_with([&](db::Transaction& tx) {
            outcome.wait_for.clear();
            for (const auto& id : cancelled) {
                if (is_unfinished(tx, id)) outcome.wait_for.push_back(id);
            }
        });
        outcome.decision = "task_state deleting";
        if (!cancelled.empty()) {
            outcome.decision += outcome.wait_for.empty() ? "; the flows that were cancelled for it have reverted"
                                                         : "; waiting until the cancelled flows have reverted";
        }
        return outcome;
    }

private:
    bool is_unfinished(db::Transaction& tx, const FlowId& id) {
        const auto flow = d_.runner.find(tx, id);
        return flow && (flow->state == taskflow::FlowState::Running || flow->state == taskflow::FlowState::Reverting);
    }
};

/// compute.manager.destroy: ends the guest and removes its disks and taps.
class Destroy : public DeleteTask<ServerData> {
public:
    using DeleteTask::DeleteTask;

    taskflow::Outcome execute(const Context& context) override {
        taskflow::Outcome outcome;
        const auto id = context.data.server;
        const auto [host, nics] = placement(id);
        if (host.empty()) {
            outcome.decision = "the server has no host: there is nothing to destroy";
            return outcome;
        }
        const json::object params{{"server_id", id.value}, {"nics", nics_to_json(nics)}};
        const bool done =
            clean_up(d_, host, command::kDestroy, params, call_options(context, "destroy", kDestroyDeadline));
        outcome.decision = done ? "guest, disks and taps on host " + host + " are removed"
                                : "local delete: host " + host + " is down; it removes the guest when it comes back";
        return outcome;
    }

private:
    std::pair<std::string, std::vector<network::Nic>> placement(const ServerId& id) {
        return d_.db.read_with([&](db::Transaction& tx) {
            const auto server = repo::find_server(tx, id);
            return std::make_pair(server ? server->host : std::string(), d_.networks.nics_of_server(tx, id));
        });
    }
};

class DeallocateNetworks : public DeleteTask<ServerData> {
public:
    using DeleteTask::DeleteTask;

    taskflow::Outcome execute(const Context& context) override {
        taskflow::Outcome outcome;
        outcome.decision = "ports made for the server are deleted, ports that the user brought are unbound";
        outcome.apply = [this, id = context.data.server](db::Transaction& tx) { d_.networks.release(tx, id); };
        return outcome;
    }
};

class DeleteRow : public DeleteTask<ServerData> {
public:
    using DeleteTask::DeleteTask;

    taskflow::Outcome execute(const Context& context) override {
        taskflow::Outcome outcome;
        outcome.tell("the server and its block device mapping are gone; its actions stay on record");
        outcome.apply = [this, id = context.data.server](db::Transaction& tx) {
            d_.volumes.boot_ended(tx, id);  // of a build that was ended before its first task
            for (const auto& device : repo::block_devices(tx, id)) repo::delete_block_device(tx, device.id);
            repo::delete_server(tx, id);
            forget_older(tx);
        };
        return outcome;
    }

private:
    void forget_older(db::Transaction& tx) {
        constexpr std::int64_t kMostKept = 10'000;
        constexpr TimestampUs kHour = 3'600'000'000;
        constexpr std::int64_t kMostHours = 24 * 365;
        const auto hours = std::clamp<std::int64_t>(d_.config.get(setting::deleted_servers_kept_hours), 0, kMostHours);
        repo::forget_deleted_servers(tx, now_us() - hours * kHour, hours == 0 ? 0 : kMostKept);
    }
};

}  // namespace

TaskPtr make_api_delete(Dependencies& d) {
    return std::make_shared<ApiDelete>(d);
}

TaskPtr make_destroy(Dependencies& d) {
    return std::make_shared<Destroy>(d);
}

TaskPtr make_deallocate_networks(Dependencies& d) {
    return std::make_shared<DeallocateNetworks>(d);
}

TaskPtr make_delete_row(Dependencies& d) {
    return std::make_shared<DeleteRow>(d);
}

}  // namespace virga::compute::flows
