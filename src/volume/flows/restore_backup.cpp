#include "volume/backup_commands.hpp"
#include "volume/flows/attachments.hpp"
#include "volume/flows/backups.hpp"
#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/mark_failed.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/flows/volume_keys.hpp"
#include "volume/model/new_volume.hpp"
#include "volume/repo/backup_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;

void release(db::Transaction& tx, const BackupId& backup) {
    repo::try_change(tx, backup_change::kFinishRestore, backup);
}

/// First task of whatever reads a backup, which is "restoring" meanwhile. Its revert gives it back.
class HoldBackup : public TypedVolumeTask<BackupData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        Outcome outcome;
        outcome.decision = "backup " + context.data.backup.value + " is read: nobody can delete it meanwhile";
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        RevertOutcome outcome;
        outcome.decision = "backup is available again";
        outcome.apply = [id = context.data.backup](db::Transaction& tx) { release(tx, id); };
        return outcome;
    }
};

class ReleaseBackup : public TypedVolumeTask<BackupData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        Outcome outcome;
        outcome.decision = "backup is available again";
        outcome.apply = [id = context.data.backup](db::Transaction& tx) { release(tx, id); };
        return outcome;
    }
};

/// Over an existing volume. A failure leaves the volume half-written: error_restoring.
class RestoreBackup : public TypedVolumeTask<RestoreBackupData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        const auto& data = context.data.data;
        json::object params{{"backend", volume.backend}, {"volume_id", volume.id.value}, {"backup_id", data}};
        give_key(d_, params, data, get_string(context.data.volume_facts, "encryption_key_id"));
        const auto reply =
            call_host(d_, context, volume.host, command::kRestoreBackup, std::move(params), kCopyDeadline);
        Outcome outcome;
        outcome.decision = "wrote " + std::to_string(get_int(reply, "written_bytes")) +
                           " bytes, every chunk verified; the rest of the volume is zeros";
        outcome.apply = [id = volume.id, facts = context.data.volume_facts](db::Transaction& tx) {
            repo::set_bootable(tx, id, get_bool(facts, "bootable"));
            repo::set_image_metadata(tx, id, get_object(facts, "image_metadata"));
            repo::set_metadata(tx, id, get_object(facts, "metadata"));
            if (repo::try_change(tx, volume_change::kFinishRestore, id)) recompute_status(tx, id);
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure, {mark(volume_change::kFailRestore, context.data.volume), "restore"});
    }
};

void check_fits(const BackupRecord& backup, const VolumeRecord& volume) {
    if (volume.size_gib >= backup.size_gib) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid volume: volume " + volume.id.value + " of " + std::to_string(volume.size_gib) +
                    " GiB is smaller than the backup, which has " + std::to_string(backup.size_gib) + " GiB.");
}

void check_encryption(const BackupRecord& backup, const VolumeRecord& volume) {
    if (backup.encryption_key_id.empty() || !volume.encryption_key_id.empty()) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid backup: backup " + backup.id.value + " is of an encrypted volume, but volume " +
                    volume.id.value + " is not encrypted.",
                {}, backup.id.value);
}

}  // namespace

FlowId restore_backup(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const BackupId& id,
                      const VolumeId& volume_id) {
    const auto backup = repo::get_backup(tx, id);
    const auto volume = repo::get_volume(tx, volume_id);
    check_source(backup);
    check_fits(backup, volume);
    check_encryption(backup, volume);
    repo::require_change(tx, backup_change::kRestore, id);
    repo::require_change(tx, volume_change::kRestoreBackup, volume_id);
    const auto flow = taskflow::new_flow_id();
    repo::set_flow(tx, id, flow);
    repo::set_flow(tx, volume_id, flow);
    d.runner.start(tx, {flow,
                        flow_kind::kRestoreBackup,
                        volume_id.value,
                        {{task::kHoldBackup}, {task::kRestoreBackup}, {task::kReleaseBackup}},
                        taskflow::encode(RestoreBackupData{id, backup.data, volume_id, backup.volume_facts}),
                        auth.request_id,
                        volume.project.value,
                        auth.user.value,
                        std::nullopt});
    return flow;
}

void register_restore_backup(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kHoldBackup, std::make_shared<HoldBackup>(d));
    registry.add(task::kReleaseBackup, std::make_shared<ReleaseBackup>(d));
    registry.add(task::kRestoreBackup, std::make_shared<RestoreBackup>(d));
}

}  // namespace virga::volume::flows
