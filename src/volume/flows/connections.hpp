#pragma once
#include <functional>
#include <string>

#include "rpc/rpc.hpp"
#include "volume/flows/dependencies.hpp"
#include "volume/repo/connection_repo.hpp"

/// Connections that no attachment tells of: what os-initialize_connection makes, as clients did before there were
/// attachments, and what is being made for an attachment. They are on record from before the storage host is asked
/// until it has ended them, or until the attachment has what the host said.
namespace virga::volume::flows {

/// Of one volume. Clients have one, or two while a server moves.
inline constexpr std::size_t kMostConnections = 64;

/// Puts a connection on record that is about to be made; true when it wasn't there yet. Error{Conflict} when the volume
/// has too many, Error{Busy} while one of the same host is being ended.
bool begin_connection(db::Transaction& tx, const VolumeId& volume, const std::string& host);
/// The same for one that is about to be ended by that command. Gives what was on record, to be restored by
/// restore_connection when the storage host did nothing.
std::optional<repo::ConnectionRecord> begin_ending(db::Transaction& tx, const VolumeId& volume, const std::string& host,
                                                   const std::string& command_id);
void restore_connection(db::Transaction& tx, const VolumeId& volume, const std::string& host,
                        const std::optional<repo::ConnectionRecord>& before);
/// Whether there is room on record for one more of that host, should it stay there: it is known already, or the volume
/// has fewer than kMostConnections.
bool has_room(db::Transaction& tx, const VolumeId& volume, const std::string& host);
/// Whether the storage host may have a connection for the attachment. os-attach only says where the volume is: attached
/// with a host, but nothing was connected, as long as nothing is on record.
bool may_have_connection(db::Transaction& tx, const AttachmentRecord& attachment);
/// Puts a connection on record as one to be ended: it was made while its attachment was ended. Nothing when another
/// attachment has it.
void leave_to_end(db::Transaction& tx, const VolumeId& volume, const std::string& host);
/// The same, and ends it. Asks the storage host; no transaction open.
void end_unrecorded(Dependencies& d, const VolumeId& volume, const std::string& host, const rpc::CallOptions& options);
/// Whether it is still there, on record or as an attachment's, and nobody ended it while it was being made.
bool is_connected(db::Transaction& tx, const VolumeId& volume, const std::string& host);

/// Ends a connection of that host of which it isn't known whether it was ended, if there is one. Asks the storage host;
/// no transaction open.
void finish_ending(Dependencies& d, const VolumeId& volume, const std::string& host, const rpc::CallOptions& options);

/// Whether the volume has connections that nobody has a use for: without an attachment, or of one that failed.
bool has_leftovers(db::Transaction& tx, const VolumeId& volume);
/// Ends all of them. Asks the storage host, by `options` (whose command id is not looked at); no transaction open.
/// Error{Busy} when that takes longer than `options.deadline`: what has been ended by then stays so.
void end_leftovers(Dependencies& d, const VolumeId& volume, const rpc::CallOptions& options);
/// For a task.
void end_leftovers(Dependencies& d, const taskflow::TaskContext& context, const VolumeId& volume);

}  // namespace virga::volume::flows
