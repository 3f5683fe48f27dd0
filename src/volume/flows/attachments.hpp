#pragma once
#include <string>

#include "rpc/rpc.hpp"
#include "volume/flows/dependencies.hpp"
#include "volume/model/records.hpp"

/// The life of an attachment: what Service and the attachments API share. Status changes are compare-and-swap and run
/// in the caller's transaction; the two connection functions call the storage host and must have none open.
namespace virga::volume::flows {

/// Of one volume: as many servers share one at most. Each is looked at by whoever changes one of them.
inline constexpr std::size_t kMostAttachments = 128;

/// See Service::reserve. Error{Conflict} when the volume has kMostAttachments.
AttachmentRecord reserve(db::Transaction& tx, const AttachmentId& id, const VolumeId& volume, const ServerId& server);
/// As reserve, for whoever asks this service's API (AttachmentRecord::by_user). `server` is not looked at, as in
/// Cinder, and may be empty: what is attached need not be a server.
AttachmentRecord reserve_for_user(db::Transaction& tx, const VolumeId& volume, const ServerId& server);
/// See Service::initialize_connection. Error{Busy} while the volume's data is still being made or a snapshot of it is
/// being made or deleted: its active file may change.
json::object initialize_connection(Dependencies& d, const VolumeId& volume, const json::object& connector,
                                   const rpc::CallOptions& options);
/// The part of initialize_connection that asks the storage host, whatever state the volume is in.
json::object connection_of(Dependencies& d, const VolumeRecord& volume, const json::object& connector,
                           const rpc::CallOptions& options);
/// Before a compute host opens, for a guest, what the volume's storage host says of the connection: that one may be in
/// an attacker's hand. Throws Error{Corrupt} when it names what isn't the volume's own.
void check_for_guest(const VolumeRecord& volume, const std::string& host, const json::object& connection_info);
/// See Service::terminate_connection. When the storage host didn't say that it did, that is put on record: it is done
/// before the same host is connected again, at the latest.
void terminate_connection(Dependencies& d, const VolumeId& volume, const json::object& connector,
                          const rpc::CallOptions& options);
/// Of the command by which the storage host makes the connection of an attachment: whoever asks again joins it.
std::string connect_command(const AttachmentId& id, const std::string& host);
/// A connection of the attachment that is perhaps still being made is waited for: ended before it is made, it would
/// stay. Throws only what may be tried again.
void await_connection(Dependencies& d, const AttachmentRecord& attachment, const std::string& host,
                      const rpc::CallOptions& options);
/// Says in the attachment who is about to be connected, before the storage host is asked. Error{Conflict} as
/// connected(), when the attachment has a connection to another host, or while a connection of the same host is being
/// ended.
void begin_connecting(db::Transaction& tx, const AttachmentId& id, const std::string& connector_host,
                      const std::string& device);
/// Takes begin_connecting back, when the storage host did nothing; `before`: the attachment before that.
void roll_connecting(db::Transaction& tx, const AttachmentRecord& before);
/// The storage host failed: the attachment has no use any more but to be deleted, and the volume is without it.
void fail_connecting(db::Transaction& tx, const AttachmentId& id);
/// Error{Conflict} when a volume without multiattach is connected to another host already.
void connected(db::Transaction& tx, const AttachmentId& id, const std::string& connector_host,
               const std::string& device, const json::object& connection_info);
/// As connected(), for a connection that was on record while it was made (begin_connection): from now on the attachment
/// tells of it. Error{Conflict} when it was ended meanwhile.
void connection_made(db::Transaction& tx, const AttachmentId& id, const std::string& connector_host,
                     const std::string& device, const json::object& connection_info);
void complete(db::Transaction& tx, const AttachmentId& id);
void begin_detaching(db::Transaction& tx, const VolumeId& id);
void roll_detaching(db::Transaction& tx, const VolumeId& id);
/// The attachment can't be used any more, only be ended: before the storage host is asked to end its connection.
void begin_ending(db::Transaction& tx, const AttachmentId& id);
/// Takes that back, when the storage host did nothing; the volume is `detaching` again if it was by begin_detaching.
void roll_ending(db::Transaction& tx, const AttachmentRecord& before, VolumeStatus volume_status);
void detached(db::Transaction& tx, const AttachmentId& id);
/// As detached, and a volume that was in an error status is usable again when nobody has it any more.
void force_detached(db::Transaction& tx, const AttachmentId& id);
/// Brings status and attach_status in line with the attachments that are left.
void recompute_status(db::Transaction& tx, const VolumeId& id);

}  // namespace virga::volume::flows
