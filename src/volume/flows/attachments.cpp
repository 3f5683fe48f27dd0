#include "volume/flows/attachments.hpp"

#include <algorithm>

#include "volume/flows/connections.hpp"
#include "volume/host_commands.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/qos_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/type_repo.hpp"
#include "volume/repo/volume_repo.hpp"
#include "volume/service.hpp"

namespace virga::volume::flows {
namespace {

bool is_of_server(const std::vector<AttachmentRecord>& attachments, const ServerId& server) {
    return !server.empty() && std::any_of(attachments.begin(), attachments.end(),
                                          [&](const AttachmentRecord& item) { return item.server == server; });
}

void check_has_room(const VolumeId& id, const std::vector<AttachmentRecord>& attachments) {
    if (attachments.size() < kMostAttachments) return;
    throw Error(ErrorCode::Conflict,
                "Volume " + id.value + " has " + std::to_string(attachments.size()) + " attachments, and may have " +
                    std::to_string(kMostAttachments) + " at most. Delete some.",
                {}, id.value);
}

/// Cinder also lets a server that has the volume reserve it again: live migration does.
void take(db::Transaction& tx, const VolumeRecord& volume, const ServerId& server) {
    if (is_error(volume.status)) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid volume: volume " + volume.id.value + " is in status " + text_of(volume.status) +
                        " and can't be attached.",
                    {}, volume.id.value);
    }
    const auto attachments = repo::attachments_of(tx, volume.id);
    check_has_room(volume.id, attachments);
    const bool made_for_it = !server.empty() && volume.created_for == server;
    if (made_for_it && repo::try_change(tx, volume_change::kReserveMade, volume.id)) return;
    if (is_of_server(attachments, server) && repo::try_change(tx, volume_change::kReserveAgain, volume.id)) {
        return;
    }
    repo::require_change(tx, volume.multiattach ? volume_change::kReserveMultiattach : volume_change::kReserve,
                         volume.id);
}

/// A storage host knows one connection per volume and host: the end of one would be the end of the other.
void check_none_is_ended(db::Transaction& tx, const VolumeId& id, const std::string& host) {
    for (const auto& other : repo::attachments_of(tx, id)) {
        if (other.attach_status != AttachStatus::Detaching || other.host != host) continue;
        throw Error(ErrorCode::Busy, "Attachment " + other.id.value + " of volume " + id.value +
                                         " to the same host is being ended. Try again when it has gone.");
    }
}

VolumeRecord connectable(Dependencies& d, const VolumeId& id, const std::string& host) {
    return d.db.read_with([&](db::Transaction& tx) {
        auto volume = repo::get_volume(tx, id);
        check_none_is_ended(tx, id, host);
        if (is_error(volume.status)) {
            throw Error(ErrorCode::Conflict,
                        "Volume " + id.value + " is in status " + text_of(volume.status) + " and can't be connected.",
                        {}, id.value);
        }
        if (volume.launched_us == 0) {
            throw Error(ErrorCode::Busy, "Volume " + id.value + " is still being created.", {}, id.value);
        }
        for (const auto& snapshot : repo::snapshots_of(tx, id)) {
            if (snapshot.status != SnapshotStatus::Creating && snapshot.status != SnapshotStatus::Deleting) continue;
            const auto named = snapshot.project == volume.project ? "Snapshot " + snapshot.id.value : "A snapshot";
            throw Error(ErrorCode::Busy, named + " of volume " + id.value + " is " + text_of(snapshot.status) +
                                             ": connect the volume when that has ended.");
        }
        return volume;
    });
}

/// What the hypervisor has to bound, from the QoS specs of the volume's type; null for nothing.
json::value qos_of(Dependencies& d, const VolumeRecord& volume) {
    return d.db.read_with([&](db::Transaction& tx) -> json::value {
        const auto type = repo::find_type(tx, volume.type_id);
        if (!type || type->qos_specs_id.empty()) return nullptr;
        return front_end_specs(repo::get_qos(tx, type->qos_specs_id), volume.size_gib);
    });
}

/// A volume must never be given to a guest as if it weren't encrypted, nor the other way round.
void check_encryption_told(const VolumeRecord& volume, const std::string& told) {
    if (told.empty() == volume.encryption_key_id.empty()) return;
    throw Error(ErrorCode::Corrupt,
                "The backend of volume " + volume.id.value + " says that the volume is " +
                    (told.empty() ? "not encrypted." : "encrypted.") + " It must be the other way round.",
                {}, volume.id.value);
}

/// A file of another host, or another volume's export, is none that a storage host may tell of.
bool may_be_told(const VolumeRecord& volume, const std::string& host, const json::object& info) {
    const auto type = get_string(info, "driver_volume_type");
    const auto data = get_object(info, "data");
    if (type == "local") return host == volume.host;
    if (type == "nbd") return get_string(data, "export") == volume.id.value;
    return type == "fake" || ((type == "glusterfs" || type == "nfs") && !get_string(data, "export").empty());
}

void check_second_host(db::Transaction& tx, const AttachmentRecord& attachment, const std::string& host) {
    const auto volume = repo::get_volume(tx, attachment.volume);
    if (volume.multiattach) return;
    for (const auto& other : repo::attachments_of(tx, attachment.volume)) {
        if (other.id == attachment.id || !other.may_be_used() || other.host == host) continue;
        throw Error(
            ErrorCode::Conflict,
            "Volume " + volume.id.value + " is connected to another host already, and its type has no multiattach.",
            "host " + other.host, volume.id.value);
    }
}

/// A user isn't kept waiting for what else is done to the volume.
constexpr std::int64_t kPatienceMs = 2'000;

json::object connection_params(const VolumeRecord& volume, const json::object& connector,
                               const rpc::CallOptions& options) {
    json::object params{{"backend", volume.backend}, {"volume_id", volume.id.value}, {"connector", connector}};
    if (options.only_if_it_answers) params["patience_ms"] = kPatienceMs;
    return params;
}

bool may_still_run(const Error& error) {
    return error.code() == ErrorCode::Unavailable || error.code() == ErrorCode::Timeout;
}

void note_ending(Dependencies& d, const VolumeId& id, const std::string& host, const std::string& command_id) {
    d.db.write_with([&](db::Transaction& tx) {
        if (repo::find_volume(tx, id)) begin_ending(tx, id, host, command_id.empty() ? new_uuid() : command_id);
    });
}

void note_ended(Dependencies& d, const VolumeId& id, const std::string& host, const std::string& command_id) {
    const auto is_it = [&](db::Transaction& tx) {
        const auto found = repo::find_connection(tx, id, host);
        return found && (found->ending.empty() || found->ending == command_id);
    };
    if (!d.db.read_with(is_it)) return;
    d.db.write_with([&](db::Transaction& tx) {
        if (is_it(tx)) repo::delete_connection(tx, id, host);
    });
}

std::string mode_of(const json::object& connection_info) {
    return get_string(get_object(connection_info, "data"), "access_mode") == "ro" ? "ro" : "rw";
}

/// os-attach's mode goes with the last attachment.
void forget_mode(db::Transaction& tx, const VolumeId& id) {
    const auto volume = repo::find_volume(tx, id);
    if (!volume || !volume->admin_metadata.contains("attached_mode")) return;
    if (!repo::attachments_of(tx, id).empty()) return;
    auto metadata = volume->admin_metadata;
    metadata.erase("attached_mode");
    repo::set_admin_metadata(tx, id, metadata);
}

AttachmentRecord reserve_for(db::Transaction& tx, const AttachmentId& id, const VolumeId& volume_id,
                             const ServerId& server, bool by_user) {
    const auto volume = repo::get_volume(tx, volume_id);
    take(tx, volume, server);
    AttachmentRecord attachment;
    attachment.id = id;
    attachment.volume = volume_id;
    attachment.project = volume.project;
    attachment.server = server;
    attachment.attach_status = AttachStatus::Reserved;
    attachment.by_user = by_user;
    if (is_readonly(volume)) attachment.mode = "ro";
    attachment.created_us = now_us();
    repo::insert(tx, attachment);
    repo::try_change(tx, volume_change::kReserveFirst, volume_id);
    return attachment;
}

}  // namespace

AttachmentRecord reserve(db::Transaction& tx, const AttachmentId& id, const VolumeId& volume, const ServerId& server) {
    if (auto present = repo::find_attachment(tx, id)) return *present;
    return reserve_for(tx, id, volume, server, false);
}

AttachmentRecord reserve_for_user(db::Transaction& tx, const VolumeId& volume, const ServerId& server) {
    return reserve_for(tx, new_id<AttachmentId>(), volume, server, true);
}

json::object initialize_connection(Dependencies& d, const VolumeId& id, const json::object& connector,
                                   const rpc::CallOptions& options) {
    const auto host = get_string(connector, "host");
    const auto volume = connectable(d, id, host);
    finish_ending(d, id, host, options);
    return connection_of(d, volume, connector, options);
}

json::object connection_of(Dependencies& d, const VolumeRecord& volume, const json::object& connector,
                           const rpc::CallOptions& options) {
    const auto& id = volume.id;
    auto info = d.hosts.call(volume.host, command::kInitializeConnection, connection_params(volume, connector, options),
                             options);
    info["serial"] = id.value;
    info["volume_id"] = id.value;
    if (volume.multiattach) info["multiattach"] = true;
    auto data = get_object(info, "data");
    data["access_mode"] = access_mode(volume);
    check_encryption_told(volume, get_string(data, "encryption"));
    data["encrypted"] = !volume.encryption_key_id.empty();
    data["qos_specs"] = qos_of(d, volume);
    info["data"] = std::move(data);
    return info;
}

void check_for_guest(const VolumeRecord& volume, const std::string& host, const json::object& connection_info) {
    if (may_be_told(volume, host, connection_info)) return;
    throw Error(ErrorCode::Corrupt,
                "The backend of volume " + volume.id.value + " gives a connection that is not one of this volume.",
                "host " + volume.host + " for host " + host + ": " + get_string(connection_info, "driver_volume_type"),
                volume.id.value);
}

void terminate_connection(Dependencies& d, const VolumeId& id, const json::object& connector,
                          const rpc::CallOptions& options) {
    const auto volume = d.db.read_with([&](db::Transaction& tx) { return repo::find_volume(tx, id); });
    if (!volume || volume->host.empty()) return;
    const auto host = get_string(connector, "host");
    try {
        d.hosts.call(volume->host, command::kTerminateConnection, connection_params(*volume, connector, options),
                     options);
    } catch (const Error& error) {
        if (may_still_run(error)) note_ending(d, id, host, options.command_id);
        throw;
    }
    note_ended(d, id, host, options.command_id);
}

std::string connect_command(const AttachmentId& id, const std::string& host) {
    return id.value + "/connect/" + host;
}

void await_connection(Dependencies& d, const AttachmentRecord& attachment, const std::string& host,
                      const rpc::CallOptions& options) {
    if (!attachment.connection_info.empty()) return;
    const auto volume = d.db.read_with([&](db::Transaction& tx) { return repo::get_volume(tx, attachment.volume); });
    auto same = options;
    same.command_id = connect_command(attachment.id, host);
    try {
        connection_of(d, volume, {{"host", host}}, same);
    } catch (const Error& error) {
        if (is_retryable(error.code())) throw;
    }
}

void begin_connecting(db::Transaction& tx, const AttachmentId& id, const std::string& connector_host,
                      const std::string& device) {
    const auto attachment = repo::get_attachment(tx, id);
    if (attachment.connected() && attachment.host != connector_host) {
        throw Error(ErrorCode::Conflict,
                    "Attachment " + id.value + " has another host's connection. Delete it, and make a new one.",
                    "host " + attachment.host, id.value);
    }
    check_none_is_ended(tx, attachment.volume, connector_host);
    connected(tx, id, connector_host, device, attachment.connection_info);
}

void connection_made(db::Transaction& tx, const AttachmentId& id, const std::string& connector_host,
                     const std::string& device, const json::object& connection_info) {
    const auto attachment = repo::get_attachment(tx, id);
    if (!is_connected(tx, attachment.volume, connector_host)) {
        throw Error(ErrorCode::Conflict,
                    "The connection of volume " + attachment.volume.value + " was ended meanwhile. Try again.", {},
                    attachment.volume.value);
    }
    connected(tx, id, connector_host, device, connection_info);
    // Others of the same host may still be at it: they need the record.
    const auto all = repo::attachments_of(tx, attachment.volume);
    const bool awaited = std::any_of(all.begin(), all.end(), [&](const AttachmentRecord& other) {
        return other.host == connector_host && other.connection_info.empty();
    });
    if (!awaited) repo::delete_connection(tx, attachment.volume, connector_host);
}

void connected(db::Transaction& tx, const AttachmentId& id, const std::string& connector_host,
               const std::string& device, const json::object& connection_info) {
    const auto attachment = repo::get_attachment(tx, id);
    check_second_host(tx, attachment, connector_host);
    repo::set_connection(tx, id, connector_host, device, connection_info);
    if (attachment.mode == kNoMode && !connection_info.empty()) repo::set_mode(tx, id, mode_of(connection_info));
    if (attachment.attach_status == AttachStatus::Attached) return;
    repo::require_change(tx, attachment_change::kConnect, id);
    repo::require_change(tx, volume_change::kConnect, attachment.volume);
    recompute_status(tx, attachment.volume);
}

void roll_connecting(db::Transaction& tx, const AttachmentRecord& before) {
    if (before.connected()) return;
    const auto now = repo::find_attachment(tx, before.id);
    const bool stayed = now && now->attach_status == before.attach_status;
    if (!stayed && !repo::try_change(tx, attachment_change::kRollConnect, before.id)) return;
    repo::set_connection(tx, before.id, before.host, before.device, before.connection_info);
    recompute_status(tx, before.volume);
}

void fail_connecting(db::Transaction& tx, const AttachmentId& id) {
    const auto attachment = repo::find_attachment(tx, id);
    if (!attachment) return;
    repo::try_change(tx, attachment_change::kFailConnect, id);
    recompute_status(tx, attachment->volume);
}

void complete(db::Transaction& tx, const AttachmentId& id) {
    const auto attachment = repo::get_attachment(tx, id);
    if (attachment.attach_status == AttachStatus::Attached) return;
    repo::require_change(tx, attachment_change::kComplete, id);
    repo::set_attached(tx, id, now_us());
    repo::require_change(tx, volume_change::kComplete, attachment.volume);
    recompute_status(tx, attachment.volume);
}

void begin_ending(db::Transaction& tx, const AttachmentId& id) {
    const auto attachment = repo::get_attachment(tx, id);
    repo::require_change(tx, attachment_change::kEnd, id);
    recompute_status(tx, attachment.volume);
}

void roll_ending(db::Transaction& tx, const AttachmentRecord& before, VolumeStatus volume_status) {
    const auto* change = lifecycle::change_to(attachment_change::kRollEnds, word(before.attach_status));
    if (change == nullptr || !repo::try_change(tx, *change, before.id)) return;
    recompute_status(tx, before.volume);
    if (volume_status == VolumeStatus::Detaching) repo::try_change(tx, volume_change::kBeginDetaching, before.volume);
}

void begin_detaching(db::Transaction& tx, const VolumeId& id) {
    repo::require_change(tx, volume_change::kBeginDetaching, id);
}

void roll_detaching(db::Transaction& tx, const VolumeId& id) {
    // Somebody may have ended the attachment meanwhile.
    if (repo::try_change(tx, volume_change::kRollDetaching, id)) recompute_status(tx, id);
}

void detached(db::Transaction& tx, const AttachmentId& id) {
    const auto attachment = repo::find_attachment(tx, id);
    if (!attachment) return;
    repo::delete_attachment(tx, id);
    forget_mode(tx, attachment->volume);
    recompute_status(tx, attachment->volume);
}

void force_detached(db::Transaction& tx, const AttachmentId& id) {
    const auto attachment = repo::find_attachment(tx, id);
    if (!attachment) return;
    repo::delete_attachment(tx, id);
    forget_mode(tx, attachment->volume);
    repo::try_change(tx, volume_change::kForceDetach, attachment->volume);
    recompute_status(tx, attachment->volume);
}

void recompute_status(db::Transaction& tx, const VolumeId& id) {
    const auto volume = repo::find_volume(tx, id);
    if (!volume) return;
    std::vector<AttachStatus> statuses;
    for (const auto& item : repo::attachments_of(tx, id)) statuses.push_back(item.attach_status);
    const auto& change = change_by_attachments(volume->status, statuses, volume->launched_us != 0);
    const auto seen = states_of(*volume);
    if (lifecycle::after(change, seen) == seen) return;
    if (lifecycle::try_change(tx, volume_machine(), change, id.value, seen)) return;
    throw Error(ErrorCode::Busy, "The status of volume " + id.value + " changed meanwhile. Try again.");
}

}  // namespace virga::volume::flows
