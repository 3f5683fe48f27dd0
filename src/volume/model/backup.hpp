#pragma once
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "volume/model/backup_state.hpp"

namespace virga::volume {

/// A row of volume_backups.
struct BackupRecord {
    BackupId id;
    ProjectId project;
    UserId user;
    VolumeId volume;
    SnapshotId snapshot;  ///< what it was made from, when not from the volume itself
    std::string data;     ///< name of its data in the directory: its id, or another one when the record was imported
    std::string parent;   ///< `data` of the backup that this one is the increment to; empty: full
    std::string name;
    std::string description;
    std::string container;  ///< as the user wrote it; means nothing to a directory
    std::string availability_zone;
    std::string host;  ///< whose directory has it
    std::int64_t size_gib = 0;
    BackupStatus status = BackupStatus::Creating;
    std::string fail_reason;
    std::int64_t object_count = 0;  ///< chunks in its own data
    std::int64_t stored_bytes = 0;  ///< size of its own data
    json::object metadata;
    json::object volume_facts;  ///< of the volume when it was backed up: bootable, metadata, image_metadata, name ...
    std::string encryption_key_id;  ///< of its data; empty: not encrypted
    FlowId flow;                    ///< the last flow that changed it
    TimestampUs data_timestamp_us = 0;
    TimestampUs created_us = 0;
    TimestampUs updated_us = 0;
    bool has_dependents = false;  ///< computed when it is read: others are increments to it

    bool is_incremental() const { return !parent.empty(); }
};

/// Id of the temporary volume that a backup of a snapshot, or of a volume in use, is read from.
std::string backup_source_id(const BackupId& backup);

}  // namespace virga::volume
