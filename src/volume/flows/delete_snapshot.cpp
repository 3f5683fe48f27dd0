#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/mark_failed.hpp"
#include "volume/flows/online.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/host_commands.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;

/// Lets a cancelled creation, and volumes that are being made from the snapshot, end first.
class WaitForRunningFlows : public TypedVolumeTask<SnapshotData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        const auto id = context.data.snapshot;
        return wait_or_continue(context.db.read_with([&](db::Transaction& tx) {
            auto flows = other_flows(tx, d_, id.value, context.flow);
            const auto users = repo::flows_creating_from(tx, "snapshot_id", id.value);
            flows.insert(flows.end(), users.begin(), users.end());
            return flows;
        }),
                                "nothing else uses the snapshot");
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure, {mark(snapshot_change::kFailDelete, context.data.snapshot), "delete"});
    }
};

class DeleteSnapshot : public TypedVolumeTask<SnapshotData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        const auto id = context.data.snapshot;
        const auto reply = call_host(
            d_, context, volume.host, command::kDeleteSnapshot,
            {{"backend", volume.backend}, {"volume_id", volume.id.value}, {"snapshot_id", id.value}}, kCopyDeadline);
        Outcome outcome;
        outcome.decision = "deleted from " + volume.host + "@" + volume.backend;
        const bool online = get_bool(context.arg, "online");
        if (online) outcome.decision += "; what the guest has open of it is merged next";
        outcome.apply = [id, volume_id = volume.id, file = VolumeFile::from_json(reply), online](db::Transaction& tx) {
            if (!file.path.empty()) repo::set_file(tx, volume_id, file);
            if (!online) repo::delete_snapshot(tx, id);
        };
        return outcome;
    }
};

/// By a flow of its own, or one that deletes its volume.
bool is_worked_on(db::Transaction& tx, Dependencies& d, const SnapshotRecord& snapshot) {
    return !d.runner.unfinished(tx, snapshot.id.value).empty() ||
           !d.runner.unfinished(tx, snapshot.volume.value).empty();
}

}  // namespace

std::optional<FlowId> delete_snapshot(db::Transaction& tx, Dependencies& d, const SnapshotId& id,
                                      const std::string& request_id) {
    const auto snapshot = repo::find_snapshot(tx, id);
    if (!snapshot) return std::nullopt;
    const bool again = snapshot->status == SnapshotStatus::Deleting;
    // Nothing works on one whose status an administrator set.
    if (again && is_worked_on(tx, d, *snapshot)) return std::nullopt;
    repo::require_change(tx, volume_change::kDeleteSnapshot, snapshot->volume);
    const bool online = repo::get_volume(tx, snapshot->volume).status == VolumeStatus::InUse;
    repo::require_change(tx, again ? snapshot_change::kDeleteAgain : snapshot_change::kDelete, id);
    for (const auto& running : d.runner.unfinished(tx, id.value)) d.runner.cancel(tx, running);
    const auto flow = taskflow::new_flow_id();
    repo::set_flow(tx, id, flow);
    auto data = taskflow::encode(SnapshotData{snapshot->volume, id});
    std::vector<taskflow::TaskSpec> tasks{{task::kSnapshotWait}, {task::kDeleteSnapshot}};
    if (online) {
        for (const auto& item : freeze_data(snapshot->volume, id.value)) data.insert(item);
        tasks = {{task::kSnapshotWait}, take_turn_task(), {task::kDeleteSnapshot, {{"online", true}}}, merge_task()};
    }
    d.runner.start(tx, {flow, flow_kind::kDeleteSnapshot, id.value, std::move(tasks), std::move(data), request_id,
                        snapshot->project.value, snapshot->user.value, std::nullopt});
    return flow;
}

void register_delete_snapshot(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kSnapshotWait, std::make_shared<WaitForRunningFlows>(d));
    registry.add(task::kDeleteSnapshot, std::make_shared<DeleteSnapshot>(d));
}

}  // namespace virga::volume::flows
