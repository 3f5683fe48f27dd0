#pragma once
#include <string>
#include <vector>

#include "volume/flows/dependencies.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/model/records.hpp"

/// Work that reads the whole of a snapshot, or of a volume that guests may write to, reads a temporary volume in its
/// place. It has no row, costs metadata only wherever the backend can share data, and is gone when the flow ends.
namespace virga::volume::flows {

struct TemporaryVolume {
    std::string id;  ///< also of the temporary snapshot that a volume in use stands still in meanwhile
    VolumeId volume;
    SnapshotId snapshot;  ///< of the volume; empty: its present content
    bool in_use = false;  ///< the volume is
};

/// Id of the one that an upload of a volume in use reads.
std::string upload_source_id(const VolumeId& volume);

/// Whether the content has to be copied before it can be read.
inline bool needs_copy(const TemporaryVolume& wanted) {
    return wanted.in_use || !wanted.snapshot.empty();
}

/// `tasks` with what makes the temporary volume before them and deletes it behind them; `tasks` as they are when there
/// is nothing to copy.
std::vector<taskflow::TaskSpec> with_temporary_volume(const TemporaryVolume& wanted,
                                                      std::vector<taskflow::TaskSpec> tasks);
/// The data that they need: to be added to the flow's.
json::object temporary_volume_data(const TemporaryVolume& wanted, const VolumeRecord& volume);
/// Id of the volume that is to be read.
std::string volume_to_read(const taskflow::TaskContext& context);

}  // namespace virga::volume::flows
