#include "volume/api/connection_actions.hpp"

#include <algorithm>
#include <array>

#include "volume/api/connector.hpp"
#include "volume/api/end_attachment.hpp"
#include "volume/flows/attachments.hpp"
#include "volume/flows/connections.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::api {
namespace {

const identity::policy::Check kConnectionInfo(policies(), "volume:attachment_connection_info");

/// Two hosts that write to one volume destroy it.
void check_one_host(const VolumeRecord& volume, const std::vector<AttachmentRecord>& attachments,
                    const std::string& host) {
    if (volume.multiattach) return;
    for (const auto& item : attachments) {
        if (!item.may_be_used() || item.host == host) continue;
        throw Error(
            ErrorCode::Conflict,
            "Volume " + volume.id.value + " is connected to another host already, and its type has no multiattach.",
            "host " + item.host, volume.id.value);
    }
}

bool is_connectable(VolumeStatus status) {
    using enum VolumeStatus;
    return lifecycle::StateSet{Available, Reserved, Attaching, InUse}.contains(status);
}

void check_status(const VolumeRecord& volume) {
    if (is_connectable(volume.status)) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid volume: volume " + volume.id.value + " is " + text_of(volume.status) +
                    ", and must be available, reserved, attaching or in-use to be connected.",
                {}, volume.id.value);
}

/// Puts the connection on record before the storage host is asked; true when it wasn't there.
bool begin(const Call& call, const VolumeId& id, const std::string& host) {
    return call.db().write_with([&](db::Transaction& tx) {
        const auto volume = own_volume(tx, call, id.value);
        check_status(volume);
        check_may_connect(volume);
        check_one_host(volume, repo::attachments_of(tx, id), host);
        return flows::begin_connection(tx, id, host);
    });
}

/// The host did nothing, or can't. One that may do it yet leaves the connection on record.
void undo(const Call& call, const VolumeId& id, const std::string& host, ErrorCode failure) {
    if (is_retryable(failure) && failure != ErrorCode::Busy) return;
    call.db().write_with([&](db::Transaction& tx) { repo::delete_connection(tx, id, host); });
}

/// Somebody ended it while it was being made.
void check_not_ended(const Call& call, const VolumeId& id, const json::object& connector) {
    const auto host = get_string(connector, "host");
    if (call.db().read_with([&](db::Transaction& tx) { return flows::is_connected(tx, id, host); })) return;
    flows::terminate_connection(call.context.d, id, connector, waiting_options(call, {}));
    throw Error(ErrorCode::Conflict, "The connection of volume " + id.value + " was ended meanwhile.", {}, id.value);
}

json::object make_connection(const Call& call, const VolumeId& id, const json::object& connector) {
    const auto host = get_string(connector, "host");
    const auto options = waiting_options(call, id.value + "/initialize/" + host + "/" + call.auth.request_id);
    flows::finish_ending(call.context.d, id, host, options);
    const bool is_new = begin(call, id, host);
    json::object info;
    try {
        info = flows::initialize_connection(call.context.d, id, connector, options);
    } catch (const Error& error) {
        if (is_new) undo(call, id, host, error.code());
        throw;
    }
    check_not_ended(call, id, connector);
    return info;
}

http::Response initialize(const Call& call, const VolumeRecord& volume, const json::object& argument) {
    http::Fields fields(argument, "os-initialize_connection");
    const auto connector = required_connector(fields);
    check_status(volume);
    check_may_connect(volume);
    call.db().read_with([&](db::Transaction& tx) {
        check_one_host(volume, repo::attachments_of(tx, volume.id), get_string(connector, "host"));
    });
    return waiting_for(call, volume.host, [id = volume.id, connector](const Call& later) {
        auto info = make_connection(later, id, connector);
        if (!kConnectionInfo.allows(later.auth)) info = public_connection(info);
        return http::Response::with_json(200, json::object{{"connection_info", std::move(info)}});
    });
}

void check_may_terminate(db::Transaction& tx, const Call& call, const VolumeRecord& volume) {
    for (const auto& item : repo::attachments_of(tx, volume.id)) check_may_change(tx, call, item);
    check_not_in_work(tx, call, volume);
    check_may_disconnect(volume);
}

/// A server that has the volume would go on with it: only services may take it away (CVE-2023-2088). When the host
/// doesn't answer it stays on record that the connection is to be ended: before the host is connected again it is. One
/// that nobody knows of isn't put on record for good beyond the bound.
http::Response terminate(const Call& call, const VolumeRecord& volume, const json::object& argument) {
    http::Fields fields(argument, "os-terminate_connection");
    const auto connector = required_connector(fields);
    call.db().read_with([&](db::Transaction& tx) { check_may_terminate(tx, call, volume); });
    return waiting_for(call, volume.host, [id = volume.id, connector](const Call& later) {
        const auto host = get_string(connector, "host");
        const auto options = waiting_options(later, id.value + "/terminate/" + later.auth.request_id);
        bool may_stay = true;
        const auto before = later.db().write_with([&](db::Transaction& tx) {
            check_may_terminate(tx, later, own_volume(tx, later, id.value));
            may_stay = flows::has_room(tx, id, host);
            return flows::begin_ending(tx, id, host, options.command_id);
        });
        try {
            if (before && !before->ending.empty()) flows::finish_ending(later.context.d, id, host, options);
            flows::terminate_connection(later.context.d, id, connector, options);
        } catch (const Error& error) {
            if (error.code() == ErrorCode::Busy || !may_stay)
                later.db().write_with([&](db::Transaction& tx) { flows::restore_connection(tx, id, host, before); });
            throw;
        }
        return http::Response::empty(202);
    });
}

AttachmentRecord wanted_attachment(http::Fields& fields, const std::vector<AttachmentRecord>& attachments) {
    const auto id = fields.uuid("attachment_id");
    const auto found = std::find_if(attachments.begin(), attachments.end(),
                                    [&](const AttachmentRecord& item) { return !id || item.id.value == *id; });
    if (found == attachments.end()) fields.fail("attachment_id", "the volume has no such attachment");
    if (!id && attachments.size() > 1) fields.fail("attachment_id", "is required: the volume has several");
    return *found;
}

http::Response forget_by_force(db::Transaction& tx, const AttachmentRecord& attachment) {
    flows::force_detached(tx, attachment.id);
    return http::Response::empty(202);
}

/// Whatever the volume's status: afterwards it is what its other attachments make it. The connection that is on record
/// is ended, whatever the caller takes for it; his word counts where none is.
http::Response force_detach(const Call& call, const VolumeRecord& volume, const json::object& argument) {
    http::Fields fields(argument, "os-force_detach");
    auto tx = call.db().write();
    const auto attachment = wanted_attachment(fields, repo::attachments_of(tx, volume.id));
    auto connector = recorded_connector(tx, attachment);
    if (fields.has_value("connector")) {
        auto told = required_connector(fields);
        if (connector.empty()) connector = std::move(told);
    }
    return end_attachment(call, tx, attachment, connector, forget_by_force);
}

/// Of what the volume doesn't have, a user could not know whether a server uses it: Cinder lets only services ask.
[[noreturn]] void refuse_unknown(const Call& call, const VolumeRecord& volume, const std::string& why) {
    if (call.auth.is_service()) throw Error(ErrorCode::InvalidInput, "os-detach.attachment_id: " + why);
    throw Error(ErrorCode::Conflict, "os-detach.attachment_id: " + why, {}, volume.id.value);
}

/// Of another volume of the caller's project; what others have is as what doesn't exist.
bool is_elsewhere(db::Transaction& tx, const Call& call, const std::optional<std::string>& wanted) {
    const auto found = wanted ? repo::find_attachment(tx, AttachmentId(*wanted)) : std::nullopt;
    return found && found->project == call.auth.project;
}

http::Response forget(db::Transaction& tx, const AttachmentRecord& attachment) {
    flows::detached(tx, attachment.id);
    return http::Response::empty(202);
}

http::Response detach(const Call& call, const VolumeRecord& volume, const json::object& argument) {
    http::Fields fields(argument, "os-detach");
    const auto wanted = fields.uuid("attachment_id");
    fields.finish();
    auto tx = call.db().write();
    check_not_in_maintenance(repo::get_volume(tx, volume.id));
    const auto attachments = repo::attachments_of(tx, volume.id);
    if (!wanted && attachments.empty()) {
        // As Cinder does: of a volume that nobody has.
        flows::recompute_status(tx, volume.id);
        tx.commit();
        return http::Response::empty(202);
    }
    const auto found = std::find_if(attachments.begin(), attachments.end(),
                                    [&](const AttachmentRecord& item) { return !wanted || item.id.value == *wanted; });
    if (found == attachments.end() && is_elsewhere(tx, call, wanted))
        fields.fail("attachment_id", "is not of this volume");
    if (found == attachments.end()) refuse_unknown(call, volume, "the volume has no such attachment.");
    if (!wanted && attachments.size() > 1) refuse_unknown(call, volume, "is required: the volume has several.");
    return end_attachment(call, tx, *found, recorded_connector(tx, *found), forget);
}

}  // namespace

json::object public_connection(const json::object& connection_info) {
    if (connection_info.empty()) return {};
    json::object data;
    const auto whole = get_object(connection_info, "data");
    for (const auto* key : {"access_mode", "encrypted", "format"}) {
        if (const auto* value = whole.if_contains(key)) data[key] = *value;
    }
    return {{"driver_volume_type", get_string(connection_info, "driver_volume_type")}, {"data", std::move(data)}};
}

ConnectionAction find_connection_action(const std::string& name) {
    if (name == "os-initialize_connection") return initialize;
    if (name == "os-terminate_connection") return terminate;
    if (name == "os-detach") return detach;
    return name == "os-force_detach" ? force_detach : nullptr;
}

}  // namespace virga::volume::api
