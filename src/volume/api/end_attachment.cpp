#include "volume/api/end_attachment.hpp"

#include <algorithm>

#include "volume/flows/attachments.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::api {
namespace {

/// os-attach only says where the volume is: attached, but nothing was connected.
bool may_have_connection(const AttachmentRecord& attachment) {
    if (!attachment.connected()) return false;
    return !attachment.connection_info.empty() || attachment.attach_status != "attached";
}

/// A storage host knows one connection per volume and host.
bool is_shared(db::Transaction& tx, const AttachmentRecord& attachment, const std::string& host) {
    const auto all = repo::attachments_of(tx, attachment.volume);
    return std::any_of(all.begin(), all.end(), [&](const AttachmentRecord& other) {
        return other.id != attachment.id && other.host == host && may_have_connection(other);
    });
}

rpc::CallOptions options_of(const Call& call, const std::string& command_id) {
    return {.command_id = command_id,
            .request_id = call.auth.request_id,
            .deadline = kHostDeadline,
            .only_if_it_answers = true};
}

/// A connection that is perhaps still being made is waited for by asking for the same once more: the host joins both.
/// Ended before it is made, it would stay.
void wait_for_connection(const Call& call, const AttachmentRecord& attachment, const std::string& host) {
    if (!attachment.connection_info.empty()) return;
    const auto volume =
        call.db().read_with([&](db::Transaction& tx) { return repo::get_volume(tx, attachment.volume); });
    try {
        flows::connection_of(call.context.d, volume, {{"host", host}}, connect_options(call, attachment, host));
    } catch (const Error& error) {
        if (is_retryable(error.code())) throw;
    }
}

http::Response finish(db::Transaction& tx, const AttachmentRecord& attachment, ForgetAttachment forget) {
    auto response = forget(tx, attachment);
    tx.commit();
    return response;
}

}  // namespace

json::object recorded_connector(const AttachmentRecord& attachment) {
    if (!may_have_connection(attachment)) return {};
    return {{"host", attachment.host}};
}

rpc::CallOptions connect_options(const Call& call, const AttachmentRecord& attachment, const std::string& host) {
    return options_of(call, attachment.id.value + "/connect/" + host);
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
        wait_for_connection(later, attachment, host);
        flows::terminate_connection(later.context.d, attachment.volume, connector,
                                    options_of(later, attachment.id.value + "/disconnect/" + host));
        auto end = later.db().write();
        return finish(end, attachment, forget);
    });
}

}  // namespace virga::volume::api
