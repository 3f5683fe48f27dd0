#include "volume/api/end_attachment.hpp"

#include <algorithm>

#include "volume/flows/attachments.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::api {
namespace {

/// A storage host knows one connection per volume and host.
bool is_shared(db::Transaction& tx, const AttachmentRecord& attachment, const std::string& host) {
    const auto all = repo::attachments_of(tx, attachment.volume);
    return std::any_of(all.begin(), all.end(), [&](const AttachmentRecord& other) {
        return other.id != attachment.id && !other.connection_info.empty() && other.host == host;
    });
}

http::Response finish(db::Transaction& tx, const AttachmentRecord& attachment, ForgetAttachment forget) {
    auto response = forget(tx, attachment);
    tx.commit();
    return response;
}

}  // namespace

json::object recorded_connector(const AttachmentRecord& attachment) {
    if (!attachment.connected() || attachment.connection_info.empty()) return {};
    return {{"host", attachment.host}};
}

http::Response end_attachment(const Call& call, db::Transaction& tx, const AttachmentRecord& attachment,
                              const json::object& connector, ForgetAttachment forget) {
    check_may_change(tx, call, attachment);
    const auto host = get_string(connector, "host");
    if (host.empty() || is_shared(tx, attachment, host)) return finish(tx, attachment, forget);
    flows::begin_ending(tx, attachment.id);
    const auto storage_host = repo::get_volume(tx, attachment.volume).host;
    tx.commit();
    return waiting_for(call, storage_host, [attachment, connector, host, forget](const Call& later) {
        const rpc::CallOptions options{.command_id = attachment.id.value + "/disconnect/" + host,
                                       .request_id = later.auth.request_id,
                                       .deadline = kHostDeadline,
                                       .only_if_it_answers = true};
        flows::terminate_connection(later.context.d, attachment.volume, connector, options);
        auto end = later.db().write();
        return finish(end, attachment, forget);
    });
}

}  // namespace virga::volume::api
