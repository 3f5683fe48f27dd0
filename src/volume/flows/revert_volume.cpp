#include "volume/flows/connections.hpp"
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

class RevertVolume : public TypedVolumeTask<SnapshotData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        end_leftovers(d_, context, volume.id);
        const auto snapshot = context.data.snapshot;
        const auto reply =
            call_host(d_, context, volume.host, command::kRevert,
                      {{"backend", volume.backend}, {"volume_id", volume.id.value}, {"snapshot_id", snapshot.value}},
                      kCopyDeadline);
        Outcome outcome;
        outcome.decision = "the volume has the content of snapshot " + snapshot.value;
        outcome.apply = [id = volume.id, snapshot, file = VolumeFile::from_json(reply)](db::Transaction& tx) {
            repo::set_file(tx, id, file);
            repo::try_change(tx, snapshot_change::kFinishRestore, snapshot);
            repo::try_change(tx, volume_change::kFinishRevert, id);
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure,
                              {mark(volume_change::kFailRevert, context.data.volume), "revert",
                               [snapshot = context.data.snapshot](db::Transaction& tx) {
                                   repo::try_change(tx, snapshot_change::kFinishRestore, snapshot);
                               }});
    }
};

/// One that isn't there is as little the volume's latest as another volume's is, or another project's.
void check_latest(db::Transaction& tx, const VolumeRecord& volume, const SnapshotId& id) {
    const auto refuse = [&](const std::string& why) {
        throw Error(ErrorCode::InvalidInput, "revert.snapshot_id: snapshot " + id.value + " " + why, {}, id.value);
    };
    const auto snapshots = repo::snapshots_of(tx, volume.id);
    const bool known = std::any_of(snapshots.begin(), snapshots.end(), [&](const SnapshotRecord& snapshot) {
        return snapshot.id == id && snapshot.project == volume.project;
    });
    if (!known) refuse("is not of volume " + volume.id.value + ".");
    const auto& latest = snapshots.back();
    if (id != latest.id) {
        refuse("is not the latest one of the volume: that is " +
               (latest.project == volume.project ? latest.id.value : "another project's") + ".");
    }
    if (latest.size_gib == volume.size_gib) return;
    refuse("is of " + std::to_string(latest.size_gib) + " GiB, but the volume has " + std::to_string(volume.size_gib) +
           " GiB now: the size must be the same.");
}

}  // namespace

FlowId revert_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeId& id,
                     const SnapshotId& snapshot_id) {
    const auto volume = repo::get_volume(tx, id);
    check_latest(tx, volume, snapshot_id);
    repo::require_change(tx, volume_change::kRevert, id, ErrorCode::Conflict);
    repo::require_change(tx, snapshot_change::kRestore, snapshot_id, ErrorCode::Conflict);
    const auto flow = taskflow::new_flow_id();
    repo::set_flow(tx, id, flow);
    d.runner.start(tx, {flow,
                        flow_kind::kRevertVolume,
                        id.value,
                        {{task::kRevertVolume}},
                        taskflow::encode(SnapshotData{id, snapshot_id}),
                        auth.request_id,
                        volume.project.value,
                        auth.user.value,
                        std::nullopt});
    return flow;
}

void register_revert_volume(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kRevertVolume, std::make_shared<RevertVolume>(d));
}

}  // namespace virga::volume::flows
