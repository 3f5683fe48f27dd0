#include "volume/api/connection_actions.hpp"

#include <algorithm>
#include <array>

#include "volume/api/end_attachment.hpp"
#include "volume/flows/attachments.hpp"
#include "volume/model/volume_states.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::api {
namespace {

const identity::policy::Check kConnectionInfo(policies(), "volume:attachment_connection_info");

json::object connector_of(http::Fields& fields) {
    const auto* connector = fields.object("connector");
    if (connector == nullptr) fields.fail("connector", "is required");
    const auto* host = connector->if_contains("host");
    if (host == nullptr || !host->is_string() || host->get_string().empty() || host->get_string().size() > 255) {
        fields.fail("connector", "must name its host");
    }
    return *connector;
}

rpc::CallOptions options_of(const Call& call, const std::string& command_id) {
    return {.command_id = command_id,
            .request_id = call.auth.request_id,
            .deadline = kHostDeadline,
            .only_if_it_answers = true};
}

/// Two hosts that write to one volume destroy it.
void check_one_host(const VolumeRecord& volume, const std::vector<AttachmentRecord>& attachments,
                    const std::string& host) {
    if (volume.multiattach) return;
    for (const auto& item : attachments) {
        if (!item.connected() || item.host == host) continue;
        throw Error(
            ErrorCode::Conflict,
            "Volume " + volume.id.value + " is connected to another host already, and its type has no multiattach.",
            "host " + item.host, volume.id.value);
    }
}

void check_status(const VolumeRecord& volume) {
    static constexpr std::array<std::string_view, 4> kConnectable{"available", "reserved", "attaching", "in-use"};
    if (std::find(kConnectable.begin(), kConnectable.end(), volume.status) != kConnectable.end()) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid volume: volume " + volume.id.value + " is " + volume.status +
                    ", and must be available, reserved, attaching or in-use to be connected.",
                {}, volume.id.value);
}

http::Response initialize(const Call& call, const VolumeRecord& volume, const json::object& argument) {
    http::Fields fields(argument, "os-initialize_connection");
    const auto connector = connector_of(fields);
    const auto host = get_string(connector, "host");
    check_status(volume);
    call.db().read_with(
        [&](db::Transaction& tx) { check_one_host(volume, repo::attachments_of(tx, volume.id), host); });
    return waiting_for(call, volume.host, [id = volume.id, connector, host](const Call& later) {
        auto info = flows::initialize_connection(
            later.context.d, id, connector,
            options_of(later, id.value + "/initialize/" + host + "/" + later.auth.request_id));
        if (!kConnectionInfo.allows(later.auth)) info = public_connection(info);
        return http::Response::with_json(200, json::object{{"connection_info", std::move(info)}});
    });
}

/// A server that has the volume would go on with it: only services may take it away (CVE-2023-2088). Nobody can take an
/// available volume as long as the host works on it; when it doesn't answer, the call can be repeated.
http::Response terminate(const Call& call, const VolumeRecord& volume, const json::object& argument) {
    http::Fields fields(argument, "os-terminate_connection");
    const auto connector = connector_of(fields);
    const bool alone = call.db().write_with([&](db::Transaction& tx) {
        const auto attachments = repo::attachments_of(tx, volume.id);
        for (const auto& item : attachments) check_may_change(tx, call, item);
        check_not_in_work(tx, call, repo::get_volume(tx, volume.id));
        lifecycle::try_change(tx, volume_states(), "end_connection", volume.id.value);
        return attachments.empty();
    });
    return waiting_for(call, volume.host, [id = volume.id, connector, alone](const Call& later) {
        flows::terminate_connection(later.context.d, id, connector,
                                    options_of(later, id.value + "/terminate/" + later.auth.request_id));
        if (alone) later.db().write_with([&](db::Transaction& tx) { flows::recompute_status(tx, id); });
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

/// Whatever the volume's status: afterwards it is what its other attachments make it.
http::Response force_detach(const Call& call, const VolumeRecord& volume, const json::object& argument) {
    http::Fields fields(argument, "os-force_detach");
    auto tx = call.db().write();
    const auto attachment = wanted_attachment(fields, repo::attachments_of(tx, volume.id));
    const auto connector = fields.has_value("connector") ? connector_of(fields) : recorded_connector(attachment);
    return end_attachment(call, tx, attachment, connector, forget_by_force);
}

/// Of what the volume doesn't have, a user could not know whether a server uses it: Cinder lets only services ask.
[[noreturn]] void refuse_unknown(const Call& call, const VolumeRecord& volume, const std::string& why) {
    if (call.auth.is_service()) throw Error(ErrorCode::InvalidInput, "os-detach.attachment_id: " + why);
    throw Error(ErrorCode::Conflict, "os-detach.attachment_id: " + why, {}, volume.id.value);
}

bool is_anothers(db::Transaction& tx, const std::optional<std::string>& wanted) {
    return wanted && repo::find_attachment(tx, AttachmentId(*wanted));
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
    if (!wanted && attachments.empty()) return http::Response::empty(202);
    const auto found = std::find_if(attachments.begin(), attachments.end(),
                                    [&](const AttachmentRecord& item) { return !wanted || item.id.value == *wanted; });
    if (found == attachments.end() && is_anothers(tx, wanted)) fields.fail("attachment_id", "is not of this volume");
    if (found == attachments.end()) refuse_unknown(call, volume, "the volume has no such attachment.");
    if (!wanted && attachments.size() > 1) refuse_unknown(call, volume, "is required: the volume has several.");
    return end_attachment(call, tx, *found, recorded_connector(*found), forget);
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
