#include "volume/flows/manage.hpp"

#include <algorithm>

#include "volume/flows/connections.hpp"
#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/mark_failed.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/host_commands.hpp"
#include "volume/model/placement.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/quota_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;

class ManageVolume : public TypedVolumeTask<ManageVolumeData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        const auto name = context.data.source_name;
        const auto reply = call_host(d_, context, volume.host, command::kManage,
                                     {{"backend", volume.backend},
                                      {"volume_id", volume.id.value},
                                      {"source_name", name},
                                      {"format", context.data.format}},
                                     kCopyDeadline);
        Outcome outcome;
        outcome.decision = "file " + name + " is the volume's now, format " + get_string(reply, "format");
        outcome.apply = [id = volume.id, file = VolumeFile::from_json(reply)](db::Transaction& tx) {
            repo::set_file(tx, id, file);
            repo::set_size(tx, id, file.size_gib);
            repo::set_launched(tx, id, now_us());
            repo::try_change(tx, volume_change::kFinishManage, id);
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure, {mark(volume_change::kFailManage, context.data.volume), "manage"});
    }
};

class UnmanageVolume : public TypedVolumeTask<VolumeData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        end_leftovers(d_, context, volume.id);
        call_host(d_, context, volume.host, command::kUnmanage,
                  {{"backend", volume.backend}, {"volume_id", volume.id.value}}, kCopyDeadline);
        Outcome outcome;
        outcome.decision = "the data stays on " + volume.host + "@" + volume.backend;
        outcome.apply = [id = volume.id](db::Transaction& tx) { repo::delete_volume(tx, id); };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure, {mark(volume_change::kFailUnmanage, context.data.volume), "unmanage"});
    }
};

class ManageSnapshot : public TypedVolumeTask<ManageSnapshotData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        const auto id = context.data.snapshot;
        call_host(d_, context, volume.host, command::kManageSnapshot,
                  {{"backend", volume.backend},
                   {"volume_id", volume.id.value},
                   {"snapshot_id", id.value},
                   {"source_name", context.data.source_name}},
                  kShortDeadline);
        Outcome outcome;
        outcome.decision = "snapshot is available";
        outcome.apply = [id](db::Transaction& tx) { repo::try_change(tx, snapshot_change::kFinishCreate, id); };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure, {mark(snapshot_change::kFailCreate, context.data.snapshot), "manage"});
    }
};

class UnmanageSnapshot : public TypedVolumeTask<SnapshotData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        const auto id = context.data.snapshot;
        call_host(d_, context, volume.host, command::kUnmanageSnapshot,
                  {{"backend", volume.backend}, {"volume_id", volume.id.value}, {"snapshot_id", id.value}},
                  kShortDeadline);
        Outcome outcome;
        outcome.decision = "the data stays with its volume";
        outcome.apply = [id](db::Transaction& tx) { repo::delete_snapshot(tx, id); };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure,
                              {mark(snapshot_change::kFailUnmanage, context.data.snapshot), "unmanage"});
    }
};

FlowId start(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const std::string& kind,
             const std::string& resource, const char* task, json::object data) {
    const auto flow = taskflow::new_flow_id();
    d.runner.start(tx, {flow,
                        kind,
                        resource,
                        {{task}},
                        std::move(data),
                        auth.request_id,
                        auth.project.value,
                        auth.user.value,
                        std::nullopt});
    return flow;
}

}  // namespace

BackendPlace backend_of(Dependencies& d, const std::string& label) {
    const auto wanted = label.substr(0, label.find('#'));
    for (const auto& backend : backends_of(d.hosts.hosts())) {
        if (backend.host + "@" + backend.name == wanted)
            return {backend.host, backend.name, backend.zone, backend.host_local};
    }
    throw Error(ErrorCode::NotFound, "host: there is no backend '" + label.substr(0, 255) + "'.");
}

std::vector<ManageableItem> manageable(Dependencies& d, const BackendPlace& place, const std::string& request_id) {
    const auto reply =
        d.hosts.call(place.host, command::kManageable, {{"backend", place.backend}},
                     {.request_id = request_id, .deadline = std::chrono::minutes(1), .only_if_it_answers = true});
    std::vector<ManageableItem> items;
    for (const auto& item : get_array(reply, "items")) {
        const auto& o = item.as_object();
        items.push_back(
            {get_string(o, "name"), get_int(o, "size_gib"), get_string(o, "reason"), get_string(o, "volume")});
    }
    return items;
}

FlowId manage_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, VolumeRecord volume,
                     const std::string& source_name, const std::string& format) {
    check_new_volume(repo::limits_of(tx, d.config, auth.project), repo::usage_of(tx, auth.project), volume.size_gib,
                     volume.volume_type);
    volume.id = new_id<VolumeId>();
    volume.project = auth.project;
    volume.user = auth.user;
    volume.status = VolumeStatus::Managing;
    volume.attach_status = AttachStatus::Detached;
    volume.created_us = now_us();
    repo::insert(tx, volume);
    return start(tx, d, auth, flow_kind::kManageVolume, volume.id.value, task::kManageVolume,
                 taskflow::encode(ManageVolumeData{volume.id, source_name, format}));
}

FlowId unmanage_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeRecord& volume) {
    const auto refuse = [&](const std::string& why) {
        throw Error(ErrorCode::InvalidInput, "Invalid volume: volume " + volume.id.value + " " + why, {},
                    volume.id.value);
    };
    if (!repo::snapshots_of(tx, volume.id).empty()) refuse("has snapshots. Unmanage or delete them first.");
    if (!volume.group_id.empty()) refuse("is in group " + volume.group_id + ".");
    if (!volume.encryption_key_id.empty()) refuse("is encrypted: nobody could read the disk without its key.");
    repo::require_change(tx, volume_change::kUnmanage, volume.id);
    return start(tx, d, auth, flow_kind::kUnmanageVolume, volume.id.value, task::kUnmanageVolume,
                 taskflow::encode(VolumeData{volume.id}));
}

FlowId manage_snapshot(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, SnapshotRecord snapshot,
                       const std::string& source_name) {
    const auto volume = repo::get_volume(tx, snapshot.volume);
    check_new_snapshot(repo::limits_of(tx, d.config, volume.project), repo::usage_of(tx, volume.project),
                       snapshot.size_gib, volume.volume_type);
    snapshot.id = new_id<SnapshotId>();
    snapshot.project = volume.project;
    snapshot.user = auth.user;
    snapshot.status = SnapshotStatus::Creating;
    snapshot.bootable = volume.bootable;
    snapshot.image_metadata = volume.image_metadata;
    snapshot.created_us = snapshot.updated_us = now_us();
    repo::insert(tx, snapshot);
    return start(tx, d, auth, flow_kind::kManageSnapshot, snapshot.id.value, task::kManageSnapshot,
                 taskflow::encode(ManageSnapshotData{volume.id, snapshot.id, source_name}));
}

FlowId unmanage_snapshot(db::Transaction& tx, Dependencies& d, const identity::Auth& auth,
                         const SnapshotRecord& snapshot) {
    if (!snapshot.group_snapshot_id.empty()) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid snapshot: snapshot " + snapshot.id.value + " is a part of group snapshot " +
                        snapshot.group_snapshot_id + ".",
                    {}, snapshot.id.value);
    }
    if (!repo::get_volume(tx, snapshot.volume).encryption_key_id.empty()) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid snapshot: snapshot " + snapshot.id.value + " is of an encrypted volume.", {},
                    snapshot.id.value);
    }
    repo::require_change(tx, snapshot_change::kUnmanage, snapshot.id);
    return start(tx, d, auth, flow_kind::kUnmanageSnapshot, snapshot.id.value, task::kUnmanageSnapshot,
                 taskflow::encode(SnapshotData{snapshot.volume, snapshot.id}));
}

void register_manage(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kManageVolume, std::make_shared<ManageVolume>(d));
    registry.add(task::kUnmanageVolume, std::make_shared<UnmanageVolume>(d));
    registry.add(task::kManageSnapshot, std::make_shared<ManageSnapshot>(d));
    registry.add(task::kUnmanageSnapshot, std::make_shared<UnmanageSnapshot>(d));
}

}  // namespace virga::volume::flows
