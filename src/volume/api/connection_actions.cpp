#include "volume/api/connection_actions.hpp"

#include <algorithm>
#include <array>

#include "volume/flows/attachments.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::api {
namespace {

constexpr std::chrono::minutes kConnectDeadline{2};
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

std::vector<AttachmentRecord> attachments_of(const Call& call, const VolumeRecord& volume) {
    return call.db().read_with([&](db::Transaction& tx) { return repo::attachments_of(tx, volume.id); });
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
    check_one_host(volume, attachments_of(call, volume), host);
    const rpc::CallOptions options{volume.id.value + "/initialize/" + host + "/" + call.auth.request_id,
                                   call.auth.request_id,
                                   kConnectDeadline,
                                   {}};
    auto info = flows::initialize_connection(call.context.d, volume.id, connector, options);
    if (!kConnectionInfo.allows(call.auth)) info = public_connection(info);
    return http::Response::with_json(200, json::object{{"connection_info", std::move(info)}});
}

/// A server that has the volume would go on with it: only services may take it away (CVE-2023-2088).
http::Response terminate(const Call& call, const VolumeRecord& volume, const json::object& argument) {
    http::Fields fields(argument, "os-terminate_connection");
    const auto connector = connector_of(fields);
    for (const auto& item : attachments_of(call, volume)) check_may_end(call, item);
    const rpc::CallOptions options{
        volume.id.value + "/terminate/" + call.auth.request_id, call.auth.request_id, kConnectDeadline, {}};
    flows::terminate_connection(call.context.d, volume.id, connector, options);
    return http::Response::empty(202);
}

AttachmentRecord wanted_attachment(http::Fields& fields, const std::vector<AttachmentRecord>& attachments) {
    const auto id = fields.uuid("attachment_id");
    const auto found = std::find_if(attachments.begin(), attachments.end(),
                                    [&](const AttachmentRecord& item) { return !id || item.id.value == *id; });
    if (found == attachments.end()) fields.fail("attachment_id", "the volume has no such attachment");
    if (!id && attachments.size() > 1) fields.fail("attachment_id", "is required: the volume has several");
    return *found;
}

/// Whatever the volume's status: afterwards it is what its other attachments make it.
http::Response force_detach(const Call& call, const VolumeRecord& volume, const json::object& argument) {
    http::Fields fields(argument, "os-force_detach");
    const auto attachment = wanted_attachment(fields, attachments_of(call, volume));
    json::object connector;
    if (fields.has_value("connector")) connector = connector_of(fields);
    check_may_end(call, attachment);
    if (connector.empty() && !attachment.connection_info.empty()) connector = {{"host", attachment.host}};
    if (!connector.empty()) {
        const rpc::CallOptions options{
            attachment.id.value + "/force_detach", call.auth.request_id, kConnectDeadline, {}};
        flows::terminate_connection(call.context.d, volume.id, connector, options);
    }
    auto tx = call.db().write();
    flows::force_detached(tx, attachment.id);
    tx.commit();
    return http::Response::empty(202);
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
    return name == "os-force_detach" ? force_detach : nullptr;
}

}  // namespace virga::volume::api
