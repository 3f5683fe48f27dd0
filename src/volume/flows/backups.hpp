#pragma once
#include <optional>
#include <string>
#include <vector>

#include "identity/service.hpp"
#include "volume/flows/dependencies.hpp"
#include "volume/model/backup.hpp"

/// What the API starts with backups. As in flows.hpp: each runs in the API's transaction.
namespace virga::volume::flows {

struct NewBackup {
    BackupId id;
    VolumeId volume;
    SnapshotId snapshot;  ///< empty: of the volume itself
    std::string name;
    std::string description;
    std::string container;
    std::string availability_zone;  ///< empty: the volume's, which is the only one that has its host's directory
    json::object metadata;
    bool incremental = false;
    bool force = false;  ///< also of a volume that is in use
};
/// Error{InvalidInput}: statuses, no parent for an increment, another zone. Error{QuotaExceeded}.
FlowId create_backup(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const NewBackup& request);

/// Over an existing volume, which must be available and large enough.
FlowId restore_backup(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const BackupId& backup,
                      const VolumeId& volume);

/// nullopt when it is being deleted already. One that is being made is cancelled first; `force` also takes one that is
/// being restored. Error{InvalidInput}: increments depend on it, or its status.
std::optional<FlowId> delete_backup(db::Transaction& tx, Dependencies& d, const BackupId& id,
                                    const std::string& request_id, bool force);

/// Adds the row "creating" and looks whether the data are there; then it is available, or error with the reason.
FlowId import_backup(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const BackupRecord& record);

/// Unfinished flows that make or delete backups of a volume.
std::vector<FlowId> flows_of_backups(db::Transaction& tx, Dependencies& d, const VolumeId& volume);

/// Differences between rows and directories, for check().
void check_backups(db::Transaction& tx, Dependencies& d, std::vector<std::string>& differences);

}  // namespace virga::volume::flows
