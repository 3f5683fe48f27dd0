#pragma once
#include <string>
#include <vector>

#include "volume/flows/dependencies.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/model/records.hpp"
#include "volume/service.hpp"

/// Work on volumes that guests have open. Two things make it safe:
///  - Flows that change the files of one volume take turns, in the order in which they began.
///  - A snapshot is recorded before the guest is moved (FolderStore says why), in the rows as on the storage host:
///  whoever
///    starts the guest from then on starts it with the new file. Flows that may have read the rows before are waited
///    for.
namespace virga::volume::flows {

/// Servers that a volume is connected to.
std::vector<ServerId> servers_of(db::Transaction& tx, const VolumeId& volume);
/// What changes disks of running guests. Throws Error{NotSupported} when there is nothing.
AttachedVolumes& attached_volumes(Dependencies& d);
/// Options of a call that blocks; it ends early when the flow is cancelled.
rpc::CallOptions online_options(const taskflow::TaskContext& context, const std::string& part,
                                std::chrono::milliseconds deadline);

/// Throws Error{InvalidInput} when the files of a volume in use can't change: it is attached to something that is no
/// server, or may be written to by several servers, and its backend has no reflink.
void check_online(db::Transaction& tx, Dependencies& d, const VolumeRecord& volume);

/// Whether a volume must be frozen before it is read as a whole; throws as check_online. False for one that isn't in
/// use, or by something that is no server and on a backend without reflink: the storage host refuses to read it while
/// a process has it open.
bool must_freeze(db::Transaction& tx, Dependencies& d, const VolumeRecord& volume);

/// Tasks that keep the present content of a volume in use as a snapshot of its backend, and the data that they need.
/// `snapshot` may be a temporary one without a row, which delete_temporary_task() ends.
std::vector<taskflow::TaskSpec> freeze_tasks();
json::object freeze_data(const VolumeId& volume, const std::string& snapshot);
taskflow::TaskSpec delete_temporary_task();
/// Waits until earlier flows on the volume `online_volume` of the flow's data have ended.
taskflow::TaskSpec take_turn_task();
/// Merges the layers of that volume that nobody needs any more, then removes the row of the snapshot that the flow is
/// about, if any.
taskflow::TaskSpec merge_task();

/// A snapshot that could not be made: in error, with a message; nothing happens when it is being deleted.
void fail_snapshot(db::Transaction& tx, const taskflow::TaskContext& context, const SnapshotId& id,
                   const taskflow::Failure& failure);

void register_online(taskflow::Registry& registry, Dependencies& d);

}  // namespace virga::volume::flows
