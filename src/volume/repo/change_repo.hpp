#pragma once
#include "base/error.hpp"
#include "db/database.hpp"
#include "volume/model/attachment_changes.hpp"
#include "volume/model/backup_changes.hpp"
#include "volume/model/group_changes.hpp"
#include "volume/model/snapshot_changes.hpp"
#include "volume/model/volume_changes.hpp"

/// The one way in which states of this service's rows change.
namespace virga::volume::repo {

inline const VolumeMachine& machine_of(const VolumeChange&) {
    return volume_machine();
}
inline const MigrationMachine& machine_of(const MigrationChange&) {
    return migration_machine();
}
inline const SnapshotMachine& machine_of(const SnapshotChange&) {
    return snapshot_machine();
}
inline const AttachmentMachine& machine_of(const AttachmentChange&) {
    return attachment_machine();
}
inline const BackupMachine& machine_of(const BackupChange&) {
    return backup_machine();
}
inline const GroupMachine& machine_of(const GroupChange&) {
    return group_machine();
}
inline const GroupSnapshotMachine& machine_of(const GroupSnapshotChange&) {
    return group_snapshot_machine();
}

/// False, and nothing is changed, when there is no such row, or when its state or what the change needs forbids it.
bool try_change(db::Transaction& tx, const VolumeChange& change, const VolumeId& id);
bool try_change(db::Transaction& tx, const MigrationChange& change, const VolumeId& id);
bool try_change(db::Transaction& tx, const SnapshotChange& change, const SnapshotId& id);
bool try_change(db::Transaction& tx, const AttachmentChange& change, const AttachmentId& id);
bool try_change(db::Transaction& tx, const BackupChange& change, const BackupId& id);
bool try_change(db::Transaction& tx, const GroupChange& change, const std::string& id);
bool try_change(db::Transaction& tx, const GroupSnapshotChange& change, const std::string& id);

/// Throws Error{InvalidInput} where the others return false (Cinder: 400): names the status that the row has and those
/// that it must have, or what else stands in the way. Or Error{NotFound}. `refused`: where Cinder answers otherwise.
void require_change(db::Transaction& tx, const VolumeChange& change, const VolumeId& id,
                    ErrorCode refused = ErrorCode::InvalidInput);
void require_change(db::Transaction& tx, const SnapshotChange& change, const SnapshotId& id,
                    ErrorCode refused = ErrorCode::InvalidInput);
void require_change(db::Transaction& tx, const AttachmentChange& change, const AttachmentId& id);
void require_change(db::Transaction& tx, const BackupChange& change, const BackupId& id);
void require_change(db::Transaction& tx, const GroupChange& change, const std::string& id);
void require_change(db::Transaction& tx, const GroupSnapshotChange& change, const std::string& id);

}  // namespace virga::volume::repo
