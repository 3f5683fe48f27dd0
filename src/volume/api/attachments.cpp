#include "volume/flows/attachments.hpp"

#include "base/log.hpp"
#include "volume/api/api.hpp"
#include "volume/api/connection_actions.hpp"
#include "volume/api/connector.hpp"
#include "volume/api/end_attachment.hpp"
#include "volume/api/filters.hpp"
#include "volume/flows/connections.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::api {
namespace {

const identity::policy::Check kConnectionInfo(policies(), "volume:attachment_connection_info");
const identity::policy::Actions kActions{{"os-complete", "volume:attachment_complete"}};

constexpr int kAttachments = 27;
constexpr int kComplete = 44;
constexpr int kMode = 54;

json::object summary(const AttachmentRecord& a) {
    return {{"id", a.id.value},
            {"instance", string_or_null(a.server.value)},
            {"volume_id", a.volume.value},
            {"status", word(a.attach_status)}};
}

/// How a host reaches the volume is for the host and administrators: others learn that there is a connection.
json::object shown_connection(const Call& call, const AttachmentRecord& a) {
    if (kConnectionInfo.allows(call.auth)) return a.connection_info;
    return public_connection(a.connection_info);
}

json::object detail(const Call& call, const AttachmentRecord& a) {
    auto view = summary(a);
    view["attached_at"] = time_or_null(a.attached_us);
    view["detached_at"] = nullptr;
    view["attach_mode"] = a.mode;
    view["connection_info"] = shown_connection(call, a);
    return view;
}

http::Response one(const Call& call, const AttachmentRecord& attachment) {
    return http::Response::with_json(200, json::object{{"attachment", detail(call, attachment)}});
}

const std::map<std::string, std::string, std::less<>>& sort_columns() {
    static const std::map<std::string, std::string, std::less<>> columns{{"id", "id"},
                                                                         {"volume_id", "volume_id"},
                                                                         {"instance", "server_id"},
                                                                         {"instance_id", "server_id"},
                                                                         {"status", "attach_status"},
                                                                         {"attach_status", "attach_status"},
                                                                         {"created_at", "created_us"}};
    return columns;
}

http::Response list(const Call& call, bool detailed) {
    if (!check_filters(call, "attachment")) return empty_list(call, "attachments");
    const auto text = [&](std::string_view name) { return call.request.query_value(name).value_or(""); };
    const auto slice = slice_of(call);
    repo::AttachmentFilter filter;
    filter.project = project_filter(call);
    filter.volume_id = text("volume_id");
    filter.server_id = text("instance_id");
    filter.attach_status = text("status").empty() ? text("attach_status") : text("status");
    filter.sort = sort_of(call, sort_columns());
    filter.marker = slice.marker;
    filter.limit = slice.limit;
    filter.offset = slice.offset;
    auto tx = call.db().read();
    const auto attachments = repo::list_attachments(tx, filter);
    json::array items;
    for (const auto& item : attachments) items.push_back(detailed ? detail(call, item) : summary(item));
    json::object body{{"attachments", std::move(items)}};
    add_next_link(body, call, "attachments", attachments.size(), slice,
                  attachments.empty() ? "" : attachments.back().id.value);
    return http::Response::with_json(200, std::move(body));
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    return one(call, own_attachment(tx, call, call.request.param("attachment_id")));
}

/// What the user wrote about an attachment, before it is made.
struct NewAttachment {
    VolumeId volume;
    ServerId server;
    std::optional<std::string> mode;
    json::object connector;  ///< empty: connected later
};

/// An attachment as it was before its connection was begun.
struct Begun {
    AttachmentRecord attachment;
    bool is_new = false;  ///< the connection was not on record before
};

/// Says what is left when the storage host failed, or (Busy) did nothing.
using Undo = void (*)(db::Transaction& tx, const AttachmentRecord& before, ErrorCode failure);

void undo_connect(const Call& call, const Begun& begun, const std::string& host, ErrorCode failure, Undo undo) {
    const auto& attachment = begun.attachment;
    call.db().write_with([&](db::Transaction& tx) {
        if (failure == ErrorCode::Busy && begun.is_new) repo::delete_connection(tx, attachment.volume, host);
        if (repo::find_attachment(tx, attachment.id)) undo(tx, attachment, failure);
    });
}

AttachmentRecord record(const Call& call, const AttachmentRecord& attachment, const json::object& connector,
                        const json::object& info) {
    return call.db().write_with([&](db::Transaction& tx) {
        check_may_change(tx, call, attachment);  // once more: the host took its time
        flows::connection_made(tx, attachment.id, get_string(connector, "host"), get_string(connector, "mountpoint"),
                               info);
        return repo::get_attachment(tx, attachment.id);
    });
}

/// What can't be recorded is ended, and stays on record where the host doesn't.
void end_made(const Call& call, const AttachmentRecord& attachment, const std::string& host, Undo undo) {
    call.db().write_with([&](db::Transaction& tx) {
        const bool ended = !flows::is_connected(tx, attachment.volume, host);
        if (ended && repo::find_attachment(tx, attachment.id)) undo(tx, attachment, ErrorCode::Busy);
    });
    try {
        flows::end_unrecorded(call.context.d, attachment.volume, host, waiting_options(call, {}));
    } catch (const Error& error) {
        log::warning("the end of a connection waits for the storage host",
                     {{"volume", attachment.volume.value}, {"reason", error.message()}});
    }
}

/// Asks the storage host for the connection and records it. The attachment names its connector before, and the
/// connection is on record, so that whoever ends it meanwhile, or after a crash, ends the connection too.
AttachmentRecord connect(const Call& call, const Begun& begun, const json::object& connector, Undo undo) {
    const auto& attachment = begun.attachment;
    const auto host = get_string(connector, "host");
    json::object info;
    try {
        info = flows::initialize_connection(call.context.d, attachment.volume, connector,
                                            waiting_options(call, flows::connect_command(attachment.id, host)));
    } catch (const Error& error) {
        undo_connect(call, begun, host, error.code(), undo);
        throw;
    }
    info["attachment_id"] = attachment.id.value;
    // The word of whoever made the attachment counts for more than the connector's.
    const auto& wanted = attachment.mode == kNoMode ? get_string(connector, "mode") : attachment.mode;
    if (wanted == "ro") info["data"].as_object()["access_mode"] = "ro";
    try {
        return record(call, attachment, connector, info);
    } catch (const Error&) {
        end_made(call, attachment, host, undo);
        throw;
    }
}

void begin_connecting(db::Transaction& tx, const AttachmentId& id, const json::object& connector) {
    flows::begin_connecting(tx, id, get_string(connector, "host"), get_string(connector, "mountpoint"));
}

/// Ends what is left of an earlier connection of the same host; no transaction open.
void finish_ending(const Call& call, const VolumeId& volume, const json::object& connector) {
    flows::finish_ending(call.context.d, volume, get_string(connector, "host"), waiting_options(call, {}));
}

bool put_on_record(db::Transaction& tx, const VolumeId& volume, const json::object& connector) {
    return flows::begin_connection(tx, volume, get_string(connector, "host"));
}

/// The user doesn't know its id: it is gone, or failed and holds the volume no longer.
void undo_new(db::Transaction& tx, const AttachmentRecord& made, ErrorCode failure) {
    if (failure == ErrorCode::Busy) return flows::detached(tx, made.id);
    flows::fail_connecting(tx, made.id);
}

/// The user may try the same again.
void undo_update(db::Transaction& tx, const AttachmentRecord& before, ErrorCode failure) {
    if (failure == ErrorCode::Busy) return flows::roll_connecting(tx, before);
    if (!is_retryable(failure)) flows::fail_connecting(tx, before.id);
}

AttachmentRecord reserve(db::Transaction& tx, const Call& call, const NewAttachment& wanted) {
    const auto volume = own_volume(tx, call, wanted.volume.value);
    if (wanted.mode) check_mode(volume, *wanted.mode);
    check_not_in_work(tx, call, volume);
    auto attachment = flows::reserve_for_user(tx, wanted.volume, wanted.server);
    if (wanted.mode) {
        repo::set_mode(tx, attachment.id, *wanted.mode);
        attachment.mode = *wanted.mode;
    }
    if (!wanted.connector.empty()) begin_connecting(tx, attachment.id, wanted.connector);
    return attachment;
}

http::Response create(const Call& call) {
    const auto body = body_object(call, "attachment");
    http::Fields fields(body, "attachment");
    NewAttachment wanted;
    wanted.volume = VolumeId(fields.required_uuid("volume_uuid"));
    wanted.server = ServerId(fields.uuid("instance_uuid").value_or(""));
    const auto* connector = fields.object("connector");
    if (call.at_least(kMode)) wanted.mode = fields.one_of("mode", {"rw", "ro"});
    if (connector != nullptr && !connector->empty()) wanted.connector = read_connector(fields, *connector);
    fields.finish();
    auto tx = call.db().write();
    const auto attachment = reserve(tx, call, wanted);
    if (wanted.connector.empty()) {
        tx.commit();
        return one(call, attachment);
    }
    // What would be refused is refused now; but nothing changes before it is this request's turn.
    return waiting_for(call, repo::get_volume(tx, wanted.volume).host, [wanted](const Call& later) {
        finish_ending(later, wanted.volume, wanted.connector);
        const auto made = later.db().write_with([&](db::Transaction& in) {
            auto reserved = reserve(in, later, wanted);
            return Begun{std::move(reserved), put_on_record(in, wanted.volume, wanted.connector)};
        });
        return one(later, connect(later, made, wanted.connector, undo_new));
    });
}

std::string host_of(db::Transaction& tx, const AttachmentRecord& attachment) {
    const auto volume = repo::find_volume(tx, attachment.volume);
    return volume ? volume->host : std::string();
}

/// Before the host makes a connection that could not be recorded then.
void check_can_connect(const AttachmentRecord& attachment) {
    if (attachment.attach_status != AttachStatus::Detaching && !is_error(attachment.attach_status)) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid volume attachment: " + attachment.id.value + " is " + text_of(attachment.attach_status) +
                    ". Delete it, and make a new one.",
                {}, attachment.id.value);
}

AttachmentRecord connectable(db::Transaction& tx, const Call& call) {
    auto attachment = own_attachment(tx, call, call.request.param("attachment_id"));
    check_may_change(tx, call, attachment);
    check_can_connect(attachment);
    if (const auto volume = repo::find_volume(tx, attachment.volume)) check_may_connect(*volume);
    return attachment;
}

http::Response update(const Call& call) {
    const auto body = body_object(call, "attachment");
    http::Fields fields(body, "attachment");
    const auto wanted = required_connector(fields);
    fields.finish();
    auto tx = call.db().read();
    const auto attachment = connectable(tx, call);
    return waiting_for(call, host_of(tx, attachment), [wanted, volume = attachment.volume](const Call& later) {
        finish_ending(later, volume, wanted);
        const auto before = later.db().write_with([&](db::Transaction& in) {
            auto found = connectable(in, later);
            begin_connecting(in, found.id, wanted);
            return Begun{std::move(found), put_on_record(in, volume, wanted)};
        });
        return one(later, connect(later, before, wanted, undo_update));
    });
}

/// Complete, with a connection that is not known yet, it would be taken for one without.
void check_not_connecting(const AttachmentRecord& attachment) {
    if (attachment.attach_status != AttachStatus::Attaching || !attachment.connection_info.empty()) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid volume attachment: the connection of " + attachment.id.value +
                    " was not made yet. Update the attachment with its connector first.",
                {}, attachment.id.value);
}

http::Response action(const Call& call) {
    const auto body = call.request.json_body();
    if (!body.contains("os-complete")) throw Error(ErrorCode::InvalidInput, "The only action is os-complete.");
    auto tx = call.db().write();
    const auto attachment = own_attachment(tx, call, call.request.param("attachment_id"));
    check_may_change(tx, call, attachment);
    check_not_connecting(attachment);
    flows::complete(tx, attachment.id);
    tx.commit();
    return http::Response::empty(204);
}

http::Response forget(db::Transaction& tx, const AttachmentRecord& attachment) {
    flows::detached(tx, attachment.id);
    json::array left;
    for (const auto& item : repo::attachments_of(tx, attachment.volume)) left.push_back(summary(item));
    return http::Response::with_json(200, json::object{{"attachments", std::move(left)}});
}

http::Response remove(const Call& call) {
    auto tx = call.db().write();
    const auto attachment = own_attachment(tx, call, call.request.param("attachment_id"));
    return end_attachment(call, tx, attachment, recorded_connector(tx, attachment), forget);
}

}  // namespace

void register_attachments(Routes& routes) {
    routes.add(
        "GET", "/attachments", "volume:attachment_get", [](const Call& call) { return list(call, false); },
        kAttachments);
    routes.add(
        "GET", "/attachments/detail", "volume:attachment_get", [](const Call& call) { return list(call, true); },
        kAttachments);
    routes.add("POST", "/attachments", "volume:attachment_create", create, kAttachments);
    routes.add("GET", "/attachments/{attachment_id}", "volume:attachment_get", show, kAttachments);
    routes.add("PUT", "/attachments/{attachment_id}", "volume:attachment_update", update, kAttachments);
    routes.add("DELETE", "/attachments/{attachment_id}", "volume:attachment_delete", remove, kAttachments);
    routes.add("POST", "/attachments/{attachment_id}/action", kActions, action, kComplete);
}

}  // namespace virga::volume::api
