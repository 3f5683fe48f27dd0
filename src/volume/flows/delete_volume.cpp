#include "volume/flows/backups.hpp"
#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/mark_failed.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/host_commands.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;

/// Lets a cancelled creation, and flows that copy from this volume, end first. Its revert is where a failed deletion
/// ends.
class WaitForRunningFlows : public TypedVolumeTask<DeleteVolumeData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        const auto id = context.data.volume;
        return wait_or_continue(context.db.read_with([&](db::Transaction& tx) {
            auto flows = other_flows(tx, d_, id.value, context.flow);
            const auto clones = repo::flows_creating_from(tx, "source_volid", id.value);
            flows.insert(flows.end(), clones.begin(), clones.end());
            const auto backups = flows_of_backups(tx, d_, id);
            flows.insert(flows.end(), backups.begin(), backups.end());
            for (const auto& snapshot : context.data.snapshots) {
                const auto more = repo::flows_creating_from(tx, "snapshot_id", snapshot.value);
                flows.insert(flows.end(), more.begin(), more.end());
            }
            return flows;
        }),
                                "nothing else works on the volume");
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure,
                              {mark(volume_change::kFailDelete, context.data.volume), "delete",
                               [snapshots = context.data.snapshots](db::Transaction& tx) {
                                   for (const auto& snapshot : snapshots) {
                                       repo::try_change(tx, snapshot_change::kFailDelete, snapshot);
                                   }
                               }});
    }
};

class DeleteSnapshots : public TypedVolumeTask<DeleteVolumeData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        const auto& snapshots = context.data.snapshots;
        for (const auto& snapshot : snapshots) {
            call_host(d_, context, volume.host, command::kDeleteSnapshot,
                      {{"backend", volume.backend}, {"volume_id", volume.id.value}, {"snapshot_id", snapshot.value}},
                      kCopyDeadline, "execute/" + snapshot.value);
        }
        Outcome outcome;
        outcome.decision = "cascade: " + std::to_string(snapshots.size()) + " snapshots deleted from " + volume.host;
        outcome.apply = [snapshots = snapshots](db::Transaction& tx) {
            for (const auto& snapshot : snapshots) repo::delete_snapshot(tx, snapshot);
        };
        return outcome;
    }
};

class DeleteVolume : public TypedVolumeTask<VolumeData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        Outcome outcome;
        if (volume.host.empty()) {
            outcome.decision = "never scheduled to a host: nothing to delete there";
            return outcome;
        }
        const auto reply = call_host(d_, context, volume.host, command::kDelete,
                                     {{"backend", volume.backend}, {"volume_id", volume.id.value}}, kShortDeadline);
        outcome.decision = "deleted from " + volume.host + "@" + volume.backend;
        const auto dependents = get_array(reply, "dependents");
        if (!dependents.empty()) {
            outcome.decision += "; data that it shared with " + std::to_string(dependents.size()) + " others stays";
            outcome.provides = json::object{{"dependents", dependents}};
        }
        return outcome;
    }
};

class DeleteVolumeOnFinish : public TypedVolumeTask<DeleteVolumeData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        Outcome outcome;
        outcome.decision = "volume is gone";
        outcome.apply = [this, context_copy = context](db::Transaction& tx) {
            repo::delete_volume(tx, context_copy.data.volume);
            d_.images.release_holds(tx, context_copy.data.volume.value);  // of a creation that was cut short
            for (const auto& dependent : context_copy.data.dependents)
                flatten_volume(tx, d_, dependent, context_copy.request_id);
        };
        return outcome;
    }
};

std::vector<SnapshotId> take_snapshots(db::Transaction& tx, const VolumeRecord& volume, const DeleteOptions& options) {
    std::vector<SnapshotId> ids;
    const auto snapshots = repo::snapshots_of(tx, volume.id);
    if (!snapshots.empty() && !options.cascade && !options.force) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid volume: volume " + volume.id.value + " has " + std::to_string(snapshots.size()) +
                        " snapshots. Delete them first, or delete with cascade.",
                    {}, volume.id.value);
    }
    for (const auto& snapshot : snapshots) {
        repo::require_change(tx, snapshot_change::kDelete, snapshot.id);
        ids.push_back(snapshot.id);
    }
    return ids;
}

void take_volume(db::Transaction& tx, const VolumeRecord& volume, const DeleteOptions& options) {
    if (options.force) {
        repo::require_change(tx, volume_change::kForceDelete, volume.id);
        return;
    }
    repo::require_change(tx, volume_change::kDelete, volume.id);
}

}  // namespace

std::optional<FlowId> delete_volume(db::Transaction& tx, Dependencies& d, const VolumeId& id,
                                    const std::string& request_id, const std::optional<FlowId>& parent,
                                    const DeleteOptions& options) {
    const auto volume = repo::find_volume(tx, id);
    if (!volume) return std::nullopt;
    if (volume->status == VolumeStatus::Deleting) {
        if (!d.runner.unfinished(tx, id.value).empty()) return std::nullopt;
        // Nothing works on it: an administrator set the status.
        repo::require_change(tx, volume_change::kDeleteAgain, id);
    } else {
        take_volume(tx, *volume, options);
    }
    auto snapshots = take_snapshots(tx, *volume, options);
    for (const auto& running : d.runner.unfinished(tx, id.value)) d.runner.cancel(tx, running);
    if (options.force) {
        for (const auto& backup : flows_of_backups(tx, d, id)) d.runner.cancel(tx, backup);
    }
    const auto flow = taskflow::new_flow_id();
    repo::set_flow(tx, id, flow);
    std::vector<taskflow::TaskSpec> tasks{{task::kDeleteWait}};
    if (!snapshots.empty()) tasks.push_back({task::kDeleteSnapshots});
    tasks.push_back({task::kDeleteVolume});
    tasks.push_back({task::kDeleteOnFinish});
    d.runner.start(tx, {flow, flow_kind::kDeleteVolume, id.value, std::move(tasks),
                        taskflow::encode(DeleteVolumeData{id, std::move(snapshots), {}}), request_id,
                        volume->project.value, volume->user.value, parent});
    return flow;
}

void register_delete_volume(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kDeleteWait, std::make_shared<WaitForRunningFlows>(d));
    registry.add(task::kDeleteSnapshots, std::make_shared<DeleteSnapshots>(d));
    registry.add(task::kDeleteVolume, std::make_shared<DeleteVolume>(d));
    registry.add(task::kDeleteOnFinish, std::make_shared<DeleteVolumeOnFinish>(d));
}

}  // namespace virga::volume::flows
