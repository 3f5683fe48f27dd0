#include "volume/api/end_attachment.hpp"

#include <algorithm>

#include "volume/api/connector.hpp"
#include "volume/flows/attachments.hpp"
#include "volume/flows/connections.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::api {
namespace {

/// A storage host knows one connection per volume and host.
bool is_shared(db::Transaction& tx, const AttachmentRecord& attachment, const std::string& host) {
    const auto all = repo::attachments_of(tx, attachment.volume);
    return std::any_of(all.begin(), all.end(), [&](const AttachmentRecord& other) {
        return other.id != attachment.id && other.host == host && flows::may_have_connection(tx, other);
    });
}

http::Response finish(db::Transaction& tx, const AttachmentRecord& attachment, ForgetAttachment forget) {
    auto response = forget(tx, attachment);
    tx.commit();
    return response;
}

/// What the storage host does must not be done by half: when it has other work, all is as before.
void disconnect(const Call& call, const AttachmentRecord& attachment, VolumeStatus volume_status,
                const json::object& connector) {
    const auto host = get_string(connector, "host");
    const auto options = waiting_options(call, attachment.id.value + "/disconnect/" + host);
    try {
        flows::await_connection(call.context.d, attachment, host, options);
        flows::terminate_connection(call.context.d, attachment.volume, connector, options);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::Busy)
            call.db().write_with([&](db::Transaction& tx) { flows::roll_ending(tx, attachment, volume_status); });
        throw;
    }
}

http::Response end_connected(const Call& call, const AttachmentId& id, const json::object& connector,
                             ForgetAttachment forget) {
    auto tx = call.db().write();
    const auto attachment = own_attachment(tx, call, id.value);
    check_may_change(tx, call, attachment);
    if (is_shared(tx, attachment, get_string(connector, "host"))) return finish(tx, attachment, forget);
    const auto volume = repo::get_volume(tx, attachment.volume);
    check_may_disconnect(volume);
    flows::begin_ending(tx, id);
    tx.commit();
    disconnect(call, attachment, volume.status, connector);
    auto end = call.db().write();
    return finish(end, attachment, forget);
}

}  // namespace

json::object recorded_connector(db::Transaction& tx, const AttachmentRecord& attachment) {
    if (!flows::may_have_connection(tx, attachment)) return {};
    return {{"host", attachment.host}};
}

http::Response end_attachment(const Call& call, db::Transaction& tx, const AttachmentRecord& attachment,
                              const json::object& connector, ForgetAttachment forget) {
    check_may_change(tx, call, attachment);
    const auto host = get_string(connector, "host");
    if (host.empty() || is_shared(tx, attachment, host)) return finish(tx, attachment, forget);
    const auto volume = repo::get_volume(tx, attachment.volume);
    check_may_disconnect(volume);
    return waiting_for(call, volume.host, [id = attachment.id, connector, forget](const Call& later) {
        return end_connected(later, id, connector, forget);
    });
}

}  // namespace virga::volume::api
