#pragma once
#include "volume/flows/dependencies.hpp"
#include "volume/model/records.hpp"

/// What the files of this folder share.
namespace virga::volume::flows {

/// A task that works with the service's dependencies.
class VolumeTask : public taskflow::Task {
public:
    explicit VolumeTask(Dependencies& dependencies) : d_(dependencies) {}

protected:
    Dependencies& d_;
};

/// Throws Error{NotFound}. A read transaction of its own.
VolumeRecord load_volume(Dependencies& d, const VolumeId& id);

/// Leaves a message that tells the user why `operation` ("create", "delete", ...) of a resource failed.
void tell_user(db::Transaction& tx, const taskflow::TaskContext& context, const std::string& resource_type,
               const std::string& resource_id, const std::string& operation, const std::string& reason);

/// Parks the flow until the given ones have ended; without any, goes on with `otherwise` as the decision.
taskflow::Outcome wait_or_continue(std::vector<FlowId> flows, const std::string& otherwise);

/// Starts the flow that merges what a volume shared with others that were deleted, and that is its own by now. Nothing
/// happens when there is no such volume.
void flatten_volume(db::Transaction& tx, Dependencies& d, const VolumeId& id, const std::string& request_id);

/// Unfinished flows of a resource but `self`.
std::vector<FlowId> other_flows(db::Transaction& tx, Dependencies& d, const std::string& resource, const FlowId& self);

void register_create_volume(taskflow::Registry& registry, Dependencies& d);
void register_create_from_spec(taskflow::Registry& registry, Dependencies& d);
void register_delete_volume(taskflow::Registry& registry, Dependencies& d);
void register_flatten_volume(taskflow::Registry& registry, Dependencies& d);
void register_extend_volume(taskflow::Registry& registry, Dependencies& d);
void register_manage(taskflow::Registry& registry, Dependencies& d);
void register_groups(taskflow::Registry& registry, Dependencies& d);
void register_group_snapshots(taskflow::Registry& registry, Dependencies& d);
void register_revert_volume(taskflow::Registry& registry, Dependencies& d);
void register_reimage_volume(taskflow::Registry& registry, Dependencies& d);
void register_upload_image(taskflow::Registry& registry, Dependencies& d);
void register_retype_volume(taskflow::Registry& registry, Dependencies& d);
void register_move_volume(taskflow::Registry& registry, Dependencies& d);
void register_create_snapshot(taskflow::Registry& registry, Dependencies& d);
void register_delete_snapshot(taskflow::Registry& registry, Dependencies& d);
void register_temporary_volume(taskflow::Registry& registry, Dependencies& d);
void register_create_backup(taskflow::Registry& registry, Dependencies& d);
void register_delete_backup(taskflow::Registry& registry, Dependencies& d);
void register_restore_backup(taskflow::Registry& registry, Dependencies& d);
void register_import_backup(taskflow::Registry& registry, Dependencies& d);

namespace task {
inline constexpr const char* kExtractRequest = "volume.flows.create_volume.ExtractVolumeRequest";
inline constexpr const char* kSchedule = "volume.scheduler.create_volume";
inline constexpr const char* kCreateFromSpec = "volume.flows.create_volume.CreateVolumeFromSpec";
inline constexpr const char* kBootableMeta = "volume.flows.create_volume.handle_bootable_volume_glance_meta";
inline constexpr const char* kCreateOnFinish = "volume.flows.create_volume.CreateVolumeOnFinish";
inline constexpr const char* kDeleteWait = "volume.flows.delete_volume.WaitForRunningFlows";
inline constexpr const char* kDeleteSnapshots = "volume.flows.delete_volume.DeleteSnapshots";
inline constexpr const char* kDeleteVolume = "volume.flows.delete_volume.DeleteVolume";
inline constexpr const char* kDeleteOnFinish = "volume.flows.delete_volume.DeleteVolumeOnFinish";
inline constexpr const char* kFlattenVolume = "volume.manager.flatten";
inline constexpr const char* kExtendVolume = "volume.manager.extend_volume";
inline constexpr const char* kManageVolume = "volume.manager.manage_existing";
inline constexpr const char* kUnmanageVolume = "volume.manager.unmanage";
inline constexpr const char* kManageSnapshot = "volume.manager.manage_existing_snapshot";
inline constexpr const char* kUnmanageSnapshot = "volume.manager.unmanage_snapshot";
inline constexpr const char* kScheduleGroup = "volume.scheduler.create_group";
inline constexpr const char* kWaitForVolumes = "volume.manager.create_group_from_src";
inline constexpr const char* kDeleteGroup = "volume.manager.delete_group";
inline constexpr const char* kCreateGroupSnapshot = "volume.manager.create_group_snapshot";
inline constexpr const char* kDeleteGroupSnapshot = "volume.manager.delete_group_snapshot";
inline constexpr const char* kRevertVolume = "volume.manager.revert_to_snapshot";
inline constexpr const char* kReimage = "volume.manager.reimage";
inline constexpr const char* kStartUpload = "volume.manager.copy_volume_to_image.StartUpload";
inline constexpr const char* kCopyVolumeToImage = "volume.manager.copy_volume_to_image";
inline constexpr const char* kFinishUpload = "volume.manager.copy_volume_to_image.FinishUpload";
inline constexpr const char* kRetypeVolume = "volume.manager.retype";
inline constexpr const char* kBeginMove = "volume.scheduler.migrate_volume_to_host";
inline constexpr const char* kMirror = "compute.manager.swap_volume.Mirror";
inline constexpr const char* kHoldServers = "volume.flows.migrate_volume.HoldServers";
inline constexpr const char* kCopyData = "volume.manager.migrate_volume";
inline constexpr const char* kChangePlace = "volume.manager.finish_volume_migration";
inline constexpr const char* kPivot = "compute.manager.swap_volume";
inline constexpr const char* kCompleteMove = "volume.manager.migrate_volume_completion";
inline constexpr const char* kCreateSnapshot = "volume.manager.create_snapshot";
inline constexpr const char* kSnapshotWait = "volume.flows.delete_snapshot.WaitForRunningFlows";
inline constexpr const char* kDeleteSnapshot = "volume.manager.delete_snapshot";
inline constexpr const char* kPrepareBackup = "backup.api.create";
inline constexpr const char* kRunBackup = "backup.chunkeddriver.backup";
inline constexpr const char* kFinishBackup = "backup.manager.create_backup";
inline constexpr const char* kBackupWait = "backup.flows.delete_backup.WaitForRunningFlows";
inline constexpr const char* kDeleteBackup = "backup.manager.delete_backup";
inline constexpr const char* kHoldBackup = "backup.api.restore";
inline constexpr const char* kRestoreBackup = "backup.chunkeddriver.restore";
inline constexpr const char* kReleaseBackup = "backup.manager.restore_backup";
inline constexpr const char* kVerifyImport = "backup.manager.import_record";
}  // namespace task

}  // namespace virga::volume::flows
