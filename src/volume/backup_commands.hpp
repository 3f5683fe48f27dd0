#pragma once

/// Commands about backups to the storage host whose directory holds them. Idempotent as those of host_commands.hpp. The
/// key of an encrypted backup stands among `keys` by the backup's id.
namespace virga::volume::command {

/// {backend, volume_id, backup_id, parent_id, origin_id, volume: {}} -> {size_bytes, chunks, own_chunks, stored_bytes,
/// read_bytes}. Reads volume_id, which nobody may write to meanwhile; origin_id is the volume that the backup is of
/// (volume_id may be a copy of it); `volume` is kept with the backup. Long: reports progress, may be cancelled. Errors:
/// NotFound (volume, parent), Corrupt (the parent's manifest), NoSpace, Busy.
inline constexpr const char* kCreateBackup = "volume.create_backup";
/// {backend, volume_id, backup_id} -> {written_bytes}. Over an existing volume of at least the backup's size. Long.
/// Errors: NotFound, InvalidInput (too small), Corrupt (names the chunk), NoSpace, Busy: the volume's content is then
/// undefined.
inline constexpr const char* kRestoreBackup = "volume.restore_backup";
/// {backend, volume_id, size_gib, backup_id} -> VolumeFile + {copied_bytes}. A new volume. Long. On failure the volume
/// may exist half-written: kDelete takes it away.
inline constexpr const char* kCreateFromBackup = "volume.create_from_backup";
/// {backup_id}. Success when there is none; takes also what an interrupted creation left.
inline constexpr const char* kDeleteBackup = "volume.delete_backup";
/// {backup_id} -> {id, parent_id, volume_id, size_bytes, chunks, own_chunks, stored_bytes, volume}. NotFound, Corrupt.
inline constexpr const char* kDescribeBackup = "volume.describe_backup";
/// {} -> {backups: [id], partial: [id]}
inline constexpr const char* kBackupInventory = "volume.backup_inventory";

}  // namespace virga::volume::command
