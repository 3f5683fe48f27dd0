#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "volume/model/backup.hpp"

/// SQL of volume backups.
namespace virga::volume::repo {

void insert(db::Transaction& tx, const BackupRecord& backup);
std::optional<BackupRecord> find_backup(db::Transaction& tx, const BackupId& id);
/// Throws Error{NotFound} "Backup <id> could not be found."
BackupRecord get_backup(db::Transaction& tx, const BackupId& id);
void delete_backup(db::Transaction& tx, const BackupId& id);
std::vector<BackupRecord> all_backups(db::Transaction& tx);
/// Whether another record, which stays, is of the same data (one of them was imported).
bool is_data_shared(db::Transaction& tx, const BackupRecord& backup);
/// Throws Error{InvalidInput} when all records of these data are being deleted: the data go with the last of them.
void require_data(db::Transaction& tx, const std::string& data);

/// The backup that an increment is to: the newest complete one of the volume on this host whose data are not younger
/// than `time`. Nothing: a full one is needed first.
std::optional<BackupRecord> latest_backup(db::Transaction& tx, const VolumeId& volume, const ProjectId& project,
                                          const std::string& host, TimestampUs time);

/// What a list asks for. Empty fields don't narrow.
struct BackupFilter {
    std::string project;
    std::string name;
    std::string name_like;
    std::string status;
    std::string volume_id;
    std::string snapshot_id;
    json::object metadata;                           ///< every pair
    std::vector<std::pair<std::string, bool>> sort;  ///< column, ascending
    std::optional<std::string> marker;
    std::size_t limit = 1000;
    std::size_t offset = 0;
};
/// Newest first unless sorted otherwise.
std::vector<BackupRecord> list_backups(db::Transaction& tx, const BackupFilter& filter);
std::int64_t count_backups(db::Transaction& tx, const BackupFilter& filter);

/// What the host said of the data: size, number of chunks, bytes.
void set_result(db::Transaction& tx, const BackupId& id, std::int64_t object_count, std::int64_t stored_bytes);
/// Of an imported one: volume, parent, size, counts and facts, as its manifest says.
void set_found(db::Transaction& tx, const BackupRecord& backup);
void set_names(db::Transaction& tx, const BackupId& id, const std::string& name, const std::string& description);
void set_metadata(db::Transaction& tx, const BackupId& id, const json::object& metadata);
void set_fail_reason(db::Transaction& tx, const BackupId& id, const std::string& reason);
void set_flow(db::Transaction& tx, const BackupId& id, const FlowId& flow);

/// Backups of this volume that are being made or deleted.
std::vector<BackupId> busy_backups_of(db::Transaction& tx, const VolumeId& volume);

}  // namespace virga::volume::repo
