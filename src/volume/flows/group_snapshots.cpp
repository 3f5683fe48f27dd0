#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/groups.hpp"
#include "volume/flows/mark_failed.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/host_commands.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/group_repo.hpp"
#include "volume/repo/quota_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;

/// One command: the host holds all volumes until every snapshot is made.
class CreateGroupSnapshot : public TypedVolumeTask<CreateGroupSnapshotData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        json::array snapshots;
        for (const auto& one : context.data.snapshots) snapshots.push_back(taskflow::encode(one));
        const auto reply =
            call_host(d_, context, context.data.host, command::kCreateSnapshots,
                      {{"backend", context.data.backend}, {"snapshots", std::move(snapshots)}}, kCopyDeadline);
        Outcome outcome;
        outcome.decision = std::to_string(get_array(reply, "volumes").size()) + " volumes snapshotted at one moment";
        outcome.apply = [data = context.data, reply](db::Transaction& tx) {
            for (const auto& item : get_array(reply, "volumes")) {
                const auto& o = item.as_object();
                repo::set_file(tx, VolumeId(get_string(o, "volume_id")), VolumeFile::from_json(o));
            }
            for (const auto& one : data.snapshots) repo::try_change(tx, snapshot_change::kFinishCreate, one.snapshot);
            repo::try_change(tx, group_snapshot_change::kFinishCreate, data.group_snapshot);
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        for (const auto& one : context.data.snapshots) {
            call_host(d_, context, context.data.host, command::kDeleteSnapshot,
                      {{"backend", context.data.backend},
                       {"volume_id", one.volume.value},
                       {"snapshot_id", one.snapshot.value}},
                      kCopyDeadline, "revert/" + one.snapshot.value);
        }
        return revert_marking(context, failure,
                              {mark(group_snapshot_change::kFailCreate, context.data.group_snapshot), "create",
                               [snapshots = context.data.snapshots, reason = failure.message](db::Transaction& tx) {
                                   for (const auto& one : snapshots) {
                                       if (repo::try_change(tx, snapshot_change::kFailCreate, one.snapshot))
                                           repo::set_error(tx, one.snapshot, reason);
                                   }
                               }});
    }
};

class DeleteGroupSnapshot : public TypedVolumeTask<DeleteGroupSnapshotData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        const auto id = context.data.group_snapshot;
        std::vector<SnapshotRecord> left;
        const auto running = context.db.read_with([&](db::Transaction& tx) {
            left = repo::snapshots_of_group_snapshot(tx, id);
            std::vector<FlowId> flows;
            for (const auto& snapshot : left) {
                const auto own = d_.runner.unfinished(tx, snapshot.id.value);
                flows.insert(flows.end(), own.begin(), own.end());
            }
            return flows;
        });
        auto outcome = wait_or_continue(running, "group snapshot is gone");
        if (!running.empty()) return outcome;
        if (!left.empty()) {
            throw Error(ErrorCode::Internal, "Snapshot " + left[0].id.value + " could not be deleted: it is " +
                                                 text_of(left[0].status) + ".");
        }
        outcome.apply = [id](db::Transaction& tx) { repo::delete_group_snapshot(tx, id); };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure,
                              {mark(group_snapshot_change::kFailDelete, context.data.group_snapshot), "delete"});
    }
};

SnapshotRecord snapshot_record(const GroupSnapshot& group_snapshot, const VolumeRecord& volume, const FlowId& flow) {
    SnapshotRecord s;
    s.id = new_id<SnapshotId>();
    s.volume = volume.id;
    s.project = volume.project;
    s.user = group_snapshot.user;
    s.name = group_snapshot.name;
    s.description = group_snapshot.description;
    s.size_gib = volume.size_gib;
    s.status = SnapshotStatus::Creating;
    s.bootable = volume.bootable;
    s.image_metadata = volume.image_metadata;
    s.group_snapshot_id = group_snapshot.id;
    s.flow = flow;
    s.created_us = s.updated_us = now_us();
    return s;
}

/// The row of one volume's snapshot; quota counts it from then on.
SnapshotData add_snapshot(db::Transaction& tx, Dependencies& d, const GroupSnapshot& group_snapshot,
                          const VolumeRecord& volume, const FlowId& flow) {
    repo::require_change(tx, volume_change::kSnapshot, volume.id);
    check_new_snapshot(repo::limits_of(tx, d.config, volume.project), repo::usage_of(tx, volume.project),
                       volume.size_gib, volume.volume_type);
    const auto record = snapshot_record(group_snapshot, volume, flow);
    repo::insert(tx, record);
    return {volume.id, record.id};
}

}  // namespace

FlowId create_group_snapshot(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, GroupSnapshot snapshot) {
    const auto group = repo::get_group(tx, snapshot.group_id);
    repo::require_change(tx, group_change::kSnapshot, group.id);
    const auto volumes = repo::volumes_of_group(tx, group.id);
    if (volumes.empty()) {
        throw Error(ErrorCode::InvalidInput, "Invalid group: group " + group.id + " has no volumes.", {}, group.id);
    }
    snapshot.id = new_uuid();
    snapshot.project = group.project;
    snapshot.user = auth.user;
    snapshot.group_type = group.group_type;
    snapshot.status = GroupStatus::Creating;
    snapshot.created_us = now_us();
    repo::insert(tx, snapshot);
    const auto flow = taskflow::new_flow_id();
    std::vector<SnapshotData> snapshots;
    for (const auto& volume : volumes) snapshots.push_back(add_snapshot(tx, d, snapshot, volume, flow));
    d.runner.start(
        tx, {flow,
             flow_kind::kCreateGroupSnapshot,
             snapshot.id,
             {{task::kCreateGroupSnapshot}},
             taskflow::encode(CreateGroupSnapshotData{snapshot.id, group.host, group.backend, std::move(snapshots)}),
             auth.request_id,
             auth.project.value,
             auth.user.value,
             std::nullopt});
    return flow;
}

FlowId delete_group_snapshot(db::Transaction& tx, Dependencies& d, const GroupSnapshot& snapshot,
                             const std::string& request_id) {
    repo::require_change(tx, group_snapshot_change::kDelete, snapshot.id);
    const auto flow = taskflow::new_flow_id();
    d.runner.start(tx, {flow,
                        flow_kind::kDeleteGroupSnapshot,
                        snapshot.id,
                        {{task::kDeleteGroupSnapshot}},
                        taskflow::encode(DeleteGroupSnapshotData{snapshot.id}),
                        request_id,
                        snapshot.project.value,
                        snapshot.user.value,
                        std::nullopt});
    for (const auto& item : repo::snapshots_of_group_snapshot(tx, snapshot.id)) {
        delete_snapshot(tx, d, item.id, request_id);
    }
    return flow;
}

void register_group_snapshots(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kCreateGroupSnapshot, std::make_shared<CreateGroupSnapshot>(d));
    registry.add(task::kDeleteGroupSnapshot, std::make_shared<DeleteGroupSnapshot>(d));
}

}  // namespace virga::volume::flows
