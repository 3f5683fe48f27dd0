#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "volume/model/records.hpp"

/// SQL of volume snapshots.
namespace virga::volume::repo {

void insert(db::Transaction& tx, const SnapshotRecord& snapshot);
std::optional<SnapshotRecord> find_snapshot(db::Transaction& tx, const SnapshotId& id);
/// Throws Error{NotFound} "Snapshot <id> could not be found."
SnapshotRecord get_snapshot(db::Transaction& tx, const SnapshotId& id);
void delete_snapshot(db::Transaction& tx, const SnapshotId& id);
std::vector<SnapshotRecord> all_snapshots(db::Transaction& tx);
/// All of a volume, also those that a former owner of the volume kept (a transfer without snapshots): whoever shows or
/// changes them asks own_snapshots_of().
std::vector<SnapshotRecord> snapshots_of(db::Transaction& tx, const VolumeId& volume);
/// Those of the volume's project.
std::vector<SnapshotRecord> own_snapshots_of(db::Transaction& tx, const VolumeRecord& volume);

/// What a list asks for. Empty fields don't narrow.
struct SnapshotFilter {
    std::string project;
    std::string name;
    std::string name_like;
    std::string status;
    std::string volume_id;
    std::string user;
    std::string availability_zone;                           ///< of the volume
    std::vector<std::pair<std::string, TimestampUs>> times;  ///< "s.created_us > ?" and the like
    bool nothing = false;                                    ///< asks for what no snapshot is
    json::object metadata;
    std::vector<std::pair<std::string, bool>> sort;  ///< column, ascending
    std::optional<std::string> marker;
    std::size_t limit = 1000;
    std::size_t offset = 0;
};
std::vector<SnapshotRecord> list_snapshots(db::Transaction& tx, const SnapshotFilter& filter);
std::int64_t count_snapshots(db::Transaction& tx, const SnapshotFilter& filter);

void set_names(db::Transaction& tx, const SnapshotId& id, const std::string& name, const std::string& description);
void set_metadata(db::Transaction& tx, const SnapshotId& id, const json::object& metadata);
void set_progress(db::Transaction& tx, const SnapshotId& id, const std::string& progress);
void set_error(db::Transaction& tx, const SnapshotId& id, const std::string& reason);
void set_flow(db::Transaction& tx, const SnapshotId& id, const FlowId& flow);

}  // namespace virga::volume::repo
