#include "volume/flows/groups.hpp"

#include <algorithm>

#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/mark_failed.hpp"
#include "volume/flows/services.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/model/placement.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/group_repo.hpp"
#include "volume/repo/quota_repo.hpp"
#include "volume/repo/type_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;
using taskflow::TaskContext;

/// Where a failed creation ends.
RevertOutcome fail_create(const TaskContext& context, const std::string& group, const taskflow::Failure& failure) {
    return revert_marking(context, failure, {mark(group_change::kFailCreate, group), "create"});
}

class ScheduleGroup : public TypedVolumeTask<CreateGroupData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        const PlacementRequest request{0,  context.data.zone,         {},
                                       {}, context.data.backend_name, context.data.type_specs};
        const auto [backend, reason] = context.db.read_with(
            [&](db::Transaction& tx) { return choose_backend(backends(tx, d_), request, repo::provisioned_gib(tx)); });
        Outcome outcome;
        outcome.decision = reason;
        outcome.apply = [id = context.data.group, chosen = backend](db::Transaction& tx) {
            repo::set_group_placement(tx, id, chosen.host, chosen.name);
            repo::try_change(tx, group_change::kFinishCreate, id);
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return fail_create(context, context.data.group, failure);
    }
};

/// Unfinished flows of the group's volumes.
std::vector<FlowId> flows_of_volumes(db::Transaction& tx, Dependencies& d, const std::vector<VolumeRecord>& volumes) {
    std::vector<FlowId> out;
    for (const auto& volume : volumes) {
        const auto running = d.runner.unfinished(tx, volume.id.value);
        out.insert(out.end(), running.begin(), running.end());
    }
    return out;
}

class WaitForVolumes : public TypedVolumeTask<GroupData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        const auto id = context.data.group;
        std::vector<VolumeRecord> volumes;
        const auto running = context.db.read_with([&](db::Transaction& tx) {
            volumes = repo::volumes_of_group(tx, id);
            return flows_of_volumes(tx, d_, volumes);
        });
        auto outcome = wait_or_continue(running, "all " + std::to_string(volumes.size()) + " volumes are made");
        if (!running.empty()) return outcome;
        for (const auto& volume : volumes) {
            if (!is_error(volume.status)) continue;
            throw Error(ErrorCode::Internal, "Volume " + volume.id.value + " could not be made: " + volume.error);
        }
        outcome.apply = [id](db::Transaction& tx) { repo::try_change(tx, group_change::kFinishCreate, id); };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return fail_create(context, context.data.group, failure);
    }
};

class DeleteGroup : public TypedVolumeTask<GroupData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        const auto id = context.data.group;
        std::vector<VolumeRecord> left;
        const auto running = context.db.read_with([&](db::Transaction& tx) {
            left = repo::volumes_of_group(tx, id);
            return flows_of_volumes(tx, d_, left);
        });
        auto outcome = wait_or_continue(running, "group is gone");
        if (!running.empty()) return outcome;
        if (!left.empty()) {
            throw Error(ErrorCode::Internal,
                        "Volume " + left[0].id.value + " could not be deleted: it is " + text_of(left[0].status) + ".");
        }
        outcome.apply = [id](db::Transaction& tx) { repo::delete_group(tx, id); };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure, {mark(group_change::kFailDelete, context.data.group), "delete"});
    }
};

void check_group_quota(db::Transaction& tx, Dependencies& d, const ProjectId& project) {
    check_new_group(repo::limits_of(tx, d.config, project), repo::usage_of(tx, project));
}

/// What all volume types of the group ask of a backend.
json::object specs_of(db::Transaction& tx, const Group& group) {
    json::object specs;
    for (const auto& id : group.volume_types) {
        for (const auto& item : repo::get_type(tx, id).extra_specs) {
            const auto* known = specs.if_contains(item.key());
            if (known != nullptr && *known != item.value()) {
                throw Error(ErrorCode::InvalidInput, "group.volume_types: the types want different backends: " +
                                                         std::string(item.key()) + " differs.");
            }
            specs[item.key()] = item.value();
        }
    }
    specs.erase("multiattach");
    return specs;
}

Group new_group(const identity::Auth& auth, Group group) {
    group.id = new_uuid();
    group.project = auth.project;
    group.user = auth.user;
    group.status = GroupStatus::Creating;
    group.created_us = now_us();
    return group;
}

void start(db::Transaction& tx, Dependencies& d, const FlowId& flow, const Group& group, const std::string& kind,
           const char* task, const std::string& request_id, json::object data) {
    d.runner.start(tx, {flow,
                        kind,
                        group.id,
                        {{task}},
                        std::move(data),
                        request_id,
                        group.project.value,
                        group.user.value,
                        std::nullopt});
}

/// What each volume of the new group is made from.
std::vector<NewVolume> volumes_from(db::Transaction& tx, const GroupSource& source) {
    std::vector<NewVolume> out;
    const auto add = [&](const VolumeRecord& volume, const SnapshotId& snapshot, const ProjectId& owner) {
        NewVolume request;
        request.id = new_id<VolumeId>();
        if (volume.project == owner) {  // of one that was given away without its snapshots, the new words are private
            request.name = volume.name;
            request.description = volume.description;
        }
        request.volume_type = volume.type_id;
        (snapshot.empty() ? request.source_volid : request.snapshot_id) =
            snapshot.empty() ? volume.id.value : snapshot.value;
        out.push_back(std::move(request));
    };
    if (!source.source_group_id.empty()) {
        for (const auto& volume : repo::volumes_of_group(tx, source.source_group_id)) {
            add(volume, {}, volume.project);
        }
        return out;
    }
    for (const auto& snapshot : repo::snapshots_of_group_snapshot(tx, source.group_snapshot_id)) {
        add(repo::get_volume(tx, snapshot.volume), snapshot.id, snapshot.project);
    }
    return out;
}

void require_available(const std::string& what, const std::string& id, GroupStatus status) {
    if (status == GroupStatus::Available) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid group: " + what + " " + id + " must be available, but it is " + text_of(status) + ".", {}, id);
}

}  // namespace

FlowId create_group(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, Group wanted) {
    const auto group = new_group(auth, std::move(wanted));
    check_group_quota(tx, d, auth.project);
    auto specs = specs_of(tx, group);
    repo::insert(tx, group);
    const auto flow = taskflow::new_flow_id();
    const auto backend_name = get_string(specs, "volume_backend_name");
    start(tx, d, flow, group, flow_kind::kCreateGroup, task::kScheduleGroup, auth.request_id,
          taskflow::encode(CreateGroupData{group.id, group.availability_zone, backend_name, std::move(specs)}));
    return flow;
}

FlowId create_group_from(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, Group wanted,
                         const GroupSource& source) {
    auto origin = source.source_group_id;
    if (origin.empty()) {
        const auto snapshot = repo::get_group_snapshot(tx, source.group_snapshot_id);
        require_available("group snapshot", snapshot.id, snapshot.status);
        origin = snapshot.group_id;
    }
    const auto from = repo::get_group(tx, origin);
    if (!source.source_group_id.empty()) require_available("source group", from.id, from.status);
    auto group = new_group(auth, std::move(wanted));
    group.group_type = from.group_type;
    group.volume_types = from.volume_types;
    group.availability_zone = from.availability_zone;
    group.host = from.host;
    group.backend = from.backend;
    group.source_group_id = source.source_group_id;
    group.group_snapshot_id = source.group_snapshot_id;
    auto volumes = volumes_from(tx, source);
    if (volumes.empty()) {
        throw Error(ErrorCode::InvalidInput, "Invalid group: the source has no volumes.", {}, origin);
    }
    check_group_quota(tx, d, auth.project);
    repo::insert(tx, group);
    const auto flow = taskflow::new_flow_id();
    start(tx, d, flow, group, flow_kind::kCreateGroupFrom, task::kWaitForVolumes, auth.request_id,
          taskflow::encode(GroupData{group.id}));
    for (auto& request : volumes) {
        request.group_id = group.id;
        create_volume(tx, d, auth, request, flow);
    }
    return flow;
}

void update_group(db::Transaction& tx, const Group& group, const GroupUpdate& change) {
    repo::require_change(tx, group_change::kUpdate, group.id);
    const auto members = repo::volumes_of_group(tx, group.id);
    for (const auto& id : change.remove) {
        const auto found = std::find_if(members.begin(), members.end(),
                                        [&](const VolumeRecord& volume) { return volume.id.value == id; });
        if (found == members.end()) {
            throw Error(ErrorCode::InvalidInput, "group.remove_volumes: volume " + id + " is not in the group.", {},
                        id);
        }
        if (found->status != VolumeStatus::Available && found->status != VolumeStatus::InUse &&
            !is_error(found->status)) {
            throw Error(ErrorCode::InvalidInput,
                        "group.remove_volumes: volume " + id + " is " + text_of(found->status) + ".", {}, id);
        }
        repo::set_group_of(tx, found->id, "");
    }
    for (const auto& volume : change.add) {
        check_member(group, volume);
        repo::set_group_of(tx, volume.id, group.id);
    }
    repo::set_group_names(tx, group.id, change.name.value_or(group.name),
                          change.description.value_or(group.description));
}

FlowId delete_group(db::Transaction& tx, Dependencies& d, const Group& group, bool delete_volumes,
                    const std::string& request_id) {
    const auto refuse = [&](const std::string& why) {
        throw Error(ErrorCode::InvalidInput, "Invalid group: group " + group.id + " " + why, {}, group.id);
    };
    const auto volumes = repo::volumes_of_group(tx, group.id);
    if (!volumes.empty() && !delete_volumes) {
        refuse("has " + std::to_string(volumes.size()) + " volumes. Take them out, or delete with delete-volumes.");
    }
    repo::GroupFilter its_snapshots;
    its_snapshots.group_id = group.id;
    if (!repo::list_group_snapshots(tx, its_snapshots).empty()) refuse("has group snapshots. Delete them first.");
    repo::require_change(tx, group_change::kDelete, group.id);
    const auto flow = taskflow::new_flow_id();
    start(tx, d, flow, group, flow_kind::kDeleteGroup, task::kDeleteGroup, request_id,
          taskflow::encode(GroupData{group.id}));
    for (const auto& volume : volumes) delete_volume(tx, d, volume.id, request_id, flow);
    return flow;
}

void register_groups(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kScheduleGroup, std::make_shared<ScheduleGroup>(d));
    registry.add(task::kWaitForVolumes, std::make_shared<WaitForVolumes>(d));
    registry.add(task::kDeleteGroup, std::make_shared<DeleteGroup>(d));
}

}  // namespace virga::volume::flows
