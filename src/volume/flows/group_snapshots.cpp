#include "volume/flows/flows.hpp"
#include "volume/flows/groups.hpp"
#include "volume/flows/mark_failed.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/host_commands.hpp"
#include "volume/model/group_states.hpp"
#include "volume/model/volume_states.hpp"
#include "volume/repo/group_repo.hpp"
#include "volume/repo/quota_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;
using taskflow::TaskContext;

std::string group_snapshot_of(const TaskContext& context) {
    return get_string(context.data, "group_snapshot_id");
}

/// One command: the host holds all volumes until every snapshot is made.
class CreateGroupSnapshot : public VolumeTask {
public:
    using VolumeTask::VolumeTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const TaskContext& context) override {
        const auto reply = call_host(
            d_, context, get_string(context.data, "host"), command::kCreateSnapshots,
            {{"backend", get_string(context.data, "backend")}, {"snapshots", get_array(context.data, "snapshots")}},
            kCopyDeadline);
        Outcome outcome;
        outcome.decision = std::to_string(get_array(reply, "volumes").size()) + " volumes snapshotted at one moment";
        outcome.apply = [context_copy = context, reply](db::Transaction& tx) {
            for (const auto& item : get_array(reply, "volumes")) {
                const auto& o = item.as_object();
                repo::set_file(tx, VolumeId(get_string(o, "volume_id")), VolumeFile::from_json(o));
            }
            each_snapshot(context_copy, [&](const std::string&, const std::string& snapshot) {
                lifecycle::try_change(tx, snapshot_states(), "finish_create", snapshot);
            });
            lifecycle::try_change(tx, group_snapshot_states(), "finish_create", group_snapshot_of(context_copy));
        };
        return outcome;
    }

    RevertOutcome revert(const TaskContext& context, const taskflow::Failure& failure) override {
        each_snapshot(context, [&](const std::string& volume, const std::string& snapshot) {
            call_host(
                d_, context, get_string(context.data, "host"), command::kDeleteSnapshot,
                {{"backend", get_string(context.data, "backend")}, {"volume_id", volume}, {"snapshot_id", snapshot}},
                kCopyDeadline, "revert/" + snapshot);
        });
        return revert_marking(context, failure,
                              {Marked::GroupSnapshot, group_snapshot_of(context), "fail_create", "create",
                               [context, failure](db::Transaction& tx) {
                                   each_snapshot(context, [&](const std::string&, const std::string& snapshot) {
                                       if (!lifecycle::try_change(tx, snapshot_states(), "fail_create", snapshot))
                                           return;
                                       repo::set_error(tx, SnapshotId(snapshot), failure.message);
                                   });
                               }});
    }

private:
    template <class F>
    static void each_snapshot(const TaskContext& context, F use) {
        for (const auto& item : get_array(context.data, "snapshots")) {
            const auto& o = item.as_object();
            use(get_string(o, "volume_id"), get_string(o, "snapshot_id"));
        }
    }
};

class DeleteGroupSnapshot : public VolumeTask {
public:
    using VolumeTask::VolumeTask;

    Outcome execute(const TaskContext& context) override {
        const auto id = group_snapshot_of(context);
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
            throw Error(ErrorCode::Internal,
                        "Snapshot " + left[0].id.value + " could not be deleted: it is " + left[0].status + ".");
        }
        outcome.apply = [id](db::Transaction& tx) { repo::delete_group_snapshot(tx, id); };
        return outcome;
    }

    RevertOutcome revert(const TaskContext& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure,
                              {Marked::GroupSnapshot, group_snapshot_of(context), "fail_delete", "delete"});
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
    s.status = "creating";
    s.bootable = volume.bootable;
    s.image_metadata = volume.image_metadata;
    s.group_snapshot_id = group_snapshot.id;
    s.flow = flow;
    s.created_us = s.updated_us = now_us();
    return s;
}

/// The row of one volume's snapshot; quota counts it from then on.
json::object add_snapshot(db::Transaction& tx, Dependencies& d, const GroupSnapshot& group_snapshot,
                          const VolumeRecord& volume, const FlowId& flow) {
    require_change(tx, volume_states(), "snapshot", volume.id.value);
    check_new_snapshot(repo::limits_of(tx, d.config, volume.project), repo::usage_of(tx, volume.project),
                       volume.size_gib, volume.volume_type);
    const auto record = snapshot_record(group_snapshot, volume, flow);
    repo::insert(tx, record);
    return {{"volume_id", volume.id.value}, {"snapshot_id", record.id.value}};
}

}  // namespace

FlowId create_group_snapshot(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, GroupSnapshot snapshot) {
    const auto group = repo::get_group(tx, snapshot.group_id);
    require_change(tx, group_states(), "snapshot", group.id);
    const auto volumes = repo::volumes_of_group(tx, group.id);
    if (volumes.empty()) {
        throw Error(ErrorCode::InvalidInput, "Invalid group: group " + group.id + " has no volumes.", {}, group.id);
    }
    snapshot.id = new_uuid();
    snapshot.project = auth.project;
    snapshot.user = auth.user;
    snapshot.group_type = group.group_type;
    snapshot.status = "creating";
    snapshot.created_us = now_us();
    repo::insert(tx, snapshot);
    const auto flow = new_id<FlowId>();
    json::array snapshots;
    for (const auto& volume : volumes) snapshots.push_back(add_snapshot(tx, d, snapshot, volume, flow));
    d.runner.start(tx, {flow,
                        "create_group_snapshot",
                        snapshot.id,
                        {{task::kCreateGroupSnapshot}},
                        {{"group_snapshot_id", snapshot.id},
                         {"host", group.host},
                         {"backend", group.backend},
                         {"snapshots", std::move(snapshots)}},
                        auth.request_id,
                        auth.project.value,
                        auth.user.value,
                        std::nullopt});
    return flow;
}

FlowId delete_group_snapshot(db::Transaction& tx, Dependencies& d, const GroupSnapshot& snapshot,
                             const std::string& request_id) {
    require_change(tx, group_snapshot_states(), "delete", snapshot.id);
    const auto flow = new_id<FlowId>();
    d.runner.start(tx, {flow,
                        "delete_group_snapshot",
                        snapshot.id,
                        {{task::kDeleteGroupSnapshot}},
                        {{"group_snapshot_id", snapshot.id}},
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
