#include "base/public_text.hpp"
#include "volume/backup_commands.hpp"
#include "volume/flows/attachments.hpp"
#include "volume/flows/backups.hpp"
#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/mark_failed.hpp"
#include "volume/flows/online.hpp"
#include "volume/flows/services.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/flows/temporary_volume.hpp"
#include "volume/flows/volume_keys.hpp"
#include "volume/host_commands.hpp"
#include "volume/repo/backup_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/quota_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;

/// The status that the volume or snapshot had before.
void release(db::Transaction& tx, const CreateBackupData& data) {
    if (!data.snapshot.empty()) {
        repo::try_change(tx, snapshot_change::kFinishBackup, data.snapshot);
    } else if (repo::try_change(tx, volume_change::kFinishBackup, data.volume)) {
        recompute_status(tx, data.volume);
    }
}

/// A record of what was decided; its revert is where a failed backup ends.
class PrepareBackup : public TypedVolumeTask<CreateBackupData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        const auto& parent = context.data.parent;
        const auto& snapshot = context.data.snapshot;
        Outcome outcome;
        outcome.decision = (parent.empty() ? "full backup" : "increment to backup " + parent) + " of " +
                           (snapshot.empty() ? "volume " + context.data.volume.value : "snapshot " + snapshot.value) +
                           ", " + std::to_string(context.data.size_gib) + " GiB, in the directory of host " +
                           context.data.host;
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure,
                              {mark(backup_change::kFailCreate, context.data.backup), "create",
                               [data = context.data](db::Transaction& tx) { release(tx, data); }});
    }
};

class RunBackup : public TypedVolumeTask<CreateBackupData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto source = volume_to_read(context);
        json::object params{{"backend", context.data.backend},        {"volume_id", source},
                            {"backup_id", context.data.backup.value}, {"parent_id", context.data.parent},
                            {"origin_id", context.data.volume.value}, {"volume", context.data.volume_facts}};
        const auto key = context.data.key_id();
        give_key(d_, params, source, key);
        give_key(d_, params, context.data.backup.value, key);
        const auto reply =
            call_host(d_, context, context.data.host, command::kCreateBackup, std::move(params), kCopyDeadline);
        const auto own = get_int(reply, "own_chunks");
        const auto stored = get_int(reply, "stored_bytes");
        Outcome outcome;
        outcome.decision = "read " + std::to_string(get_int(reply, "read_bytes")) + " bytes; of " +
                           std::to_string(get_int(reply, "chunks")) + " chunks with data " + std::to_string(own) +
                           " are new, stored in " + std::to_string(stored) + " bytes";
        outcome.apply = [id = context.data.backup, own, stored](db::Transaction& tx) {
            repo::set_result(tx, id, own, stored);
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        call_host(d_, context, context.data.host, command::kDeleteBackup, {{"backup_id", context.data.backup.value}},
                  kShortDeadline, "revert");
        RevertOutcome outcome;
        outcome.decision = "data removed from the directory";
        return outcome;
    }
};

class FinishBackup : public TypedVolumeTask<CreateBackupData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        Outcome outcome;
        outcome.decision = "backup is available";
        outcome.apply = [data = context.data](db::Transaction& tx) {
            repo::try_change(tx, backup_change::kFinishCreate, data.backup);
            release(tx, data);
        };
        return outcome;
    }
};

json::object facts_of(const VolumeRecord& volume) {
    return {{"name", volume.name},         {"description", volume.description},
            {"bootable", volume.bootable}, {"volume_type", volume.volume_type},
            {"metadata", volume.metadata}, {"image_metadata", volume.image_metadata}};
}

/// Takes the snapshot or the volume; says what is read in its place.
TemporaryVolume take_source(db::Transaction& tx, Dependencies& d, const NewBackup& request,
                            const VolumeRecord& volume) {
    TemporaryVolume wanted{backup_source_id(request.id), volume.id, request.snapshot};
    if (!request.snapshot.empty()) {
        repo::require_change(tx, snapshot_change::kBackup, request.snapshot);
        return wanted;
    }
    if (volume.status == VolumeStatus::InUse && !request.force) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid volume: volume " + volume.id.value +
                        " is in-use. Backing it up while it may be written to needs force.",
                    {}, volume.id.value);
    }
    wanted.in_use = must_freeze(tx, d, volume);
    repo::require_change(tx, request.force ? volume_change::kForceBackup : volume_change::kBackup, volume.id);
    return wanted;
}

std::string parent_of(db::Transaction& tx, const NewBackup& request, const VolumeRecord& volume, TimestampUs time) {
    if (!request.incremental) return {};
    const auto parent = repo::latest_backup(tx, volume.id, volume.project, volume.host, time);
    if (parent) return parent->data;
    throw Error(ErrorCode::InvalidInput, "Invalid backup: there is no backup of volume " + volume.id.value +
                                             " that an incremental one could be based on. Make a full backup first.");
}

BackupRecord record_of(const identity::Auth& auth, const NewBackup& request, const VolumeRecord& volume) {
    BackupRecord b;
    b.id = request.id;
    b.data = request.id.value;
    b.project = volume.project;
    b.user = auth.user;
    b.volume = volume.id;
    b.snapshot = request.snapshot;
    b.name = request.name;
    b.description = request.description;
    b.container = request.container;
    b.availability_zone = volume.availability_zone;
    b.host = volume.host;
    b.size_gib = volume.size_gib;
    b.status = BackupStatus::Creating;
    b.metadata = request.metadata;
    b.volume_facts = facts_of(volume);
    b.flow = FlowId(derived_uuid(request.id.value, "create_backup"));
    b.created_us = b.data_timestamp_us = now_us();
    return b;
}

void take_snapshot_facts(db::Transaction& tx, BackupRecord& backup) {
    if (backup.snapshot.empty()) return;
    const auto snapshot = repo::get_snapshot(tx, backup.snapshot);
    if (snapshot.volume != backup.volume) {
        throw Error(ErrorCode::InvalidInput, "backup.snapshot_id: snapshot " + snapshot.id.value +
                                                 " is not one of volume " + backup.volume.value + ".");
    }
    backup.data_timestamp_us = snapshot.created_us;
    backup.size_gib = snapshot.size_gib;
    backup.volume_facts["bootable"] = snapshot.bootable;
    backup.volume_facts["image_metadata"] = snapshot.image_metadata;
}

json::object data_of(const BackupRecord& backup, const VolumeRecord& volume, const TemporaryVolume& source) {
    auto data = taskflow::encode(CreateBackupData{backup.id, volume.id, backup.snapshot, backup.parent, volume.host,
                                                  volume.backend, backup.size_gib, backup.volume_facts});
    for (const auto& item : temporary_volume_data(source, volume)) data.insert(item);
    return data;
}

}  // namespace

FlowId create_backup(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const NewBackup& request) {
    const auto volume = repo::get_volume(tx, request.volume);
    auto backup = record_of(auth, request, volume);
    take_snapshot_facts(tx, backup);
    if (!request.availability_zone.empty() && request.availability_zone != volume.availability_zone) {
        throw Error(ErrorCode::InvalidInput, "backup.availability_zone: must be " + volume.availability_zone +
                                                 ", the zone of the volume, whose host keeps the backup.");
    }
    if (repo::service(tx, kBackupBinary, volume.host).disabled) {
        throw Error(ErrorCode::InvalidInput, "backup.volume_id: backups are disabled on the host of the volume.",
                    "host " + volume.host, volume.id.value);
    }
    check_new_backup(repo::limits_of(tx, d.config, volume.project), repo::usage_of(tx, volume.project),
                     backup.size_gib);
    backup.encryption_key_id = copy_key(tx, d, volume.encryption_key_id);
    if (!backup.encryption_key_id.empty()) backup.volume_facts["encryption_key_id"] = backup.encryption_key_id;
    backup.parent = parent_of(tx, request, volume, backup.data_timestamp_us);
    const auto source = take_source(tx, d, request, volume);
    repo::insert(tx, backup);
    std::vector<taskflow::TaskSpec> tasks{{task::kPrepareBackup}};
    for (auto& one : with_temporary_volume(source, {{task::kRunBackup}})) tasks.push_back(std::move(one));
    tasks.push_back({task::kFinishBackup});
    d.runner.start(
        tx, {backup.flow, flow_kind::kCreateBackup, backup.id.value, std::move(tasks), data_of(backup, volume, source),
             auth.request_id, volume.project.value, auth.user.value, std::nullopt});
    return backup.flow;
}

std::vector<FlowId> flows_of_backups(db::Transaction& tx, Dependencies& d, const VolumeId& volume) {
    std::vector<FlowId> flows;
    for (const auto& backup : repo::busy_backups_of(tx, volume)) {
        const auto found = d.runner.unfinished(tx, backup.value);
        flows.insert(flows.end(), found.begin(), found.end());
    }
    return flows;
}

void register_create_backup(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kPrepareBackup, std::make_shared<PrepareBackup>(d));
    registry.add(task::kRunBackup, std::make_shared<RunBackup>(d));
    registry.add(task::kFinishBackup, std::make_shared<FinishBackup>(d));
}

}  // namespace virga::volume::flows
