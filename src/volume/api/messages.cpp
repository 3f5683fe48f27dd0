#include "volume/api/api.hpp"
#include "volume/repo/message_repo.hpp"

namespace virga::volume::api {
namespace {

constexpr int kMessages = 3;

json::object view_of(const Call& call, const Message& message) {
    return {{"id", message.id},
            {"request_id", message.request_id},
            {"resource_type", message.resource_type},
            {"resource_uuid", string_or_null(message.resource_id)},
            {"event_id", message.event_id},
            {"user_message", message.text},
            {"message_level", "ERROR"},
            {"created_at", time_or_null(message.created_us)},
            {"guaranteed_until", time_or_null(message.created_us + kMessageLifeUs)},
            {"links", links_of(call, "/messages/" + message.id)}};
}

Message own_message(db::Transaction& tx, const Call& call) {
    const auto& id = call.request.param("message_id");
    const auto message = repo::find_message(tx, id);
    if (message && (call.auth.is_admin() || message->project == call.auth.project)) return *message;
    throw Error(ErrorCode::NotFound, "Message " + id + " could not be found.", {}, id);
}

http::Response list(const Call& call) {
    const auto slice = slice_of(call);
    auto tx = call.db().read();
    const auto messages =
        repo::list_messages(tx, call.auth.project.value, call.request.query_value("resource_uuid").value_or(""),
                            {slice.limit, slice.marker});
    json::array items;
    for (const auto& message : messages) items.push_back(view_of(call, message));
    json::object body{{"messages", std::move(items)}};
    add_next_link(body, call, "messages", messages.size(), slice, messages.empty() ? "" : messages.back().id);
    return http::Response::with_json(200, std::move(body));
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    return http::Response::with_json(200, json::object{{"message", view_of(call, own_message(tx, call))}});
}

http::Response remove(const Call& call) {
    auto tx = call.db().write();
    repo::delete_message(tx, own_message(tx, call).id);
    tx.commit();
    return http::Response::empty(204);
}

}  // namespace

void register_messages(Routes& routes) {
    routes.add("GET", "/messages", list, kMessages);
    routes.add("GET", "/messages/{message_id}", show, kMessages);
    routes.add("DELETE", "/messages/{message_id}", remove, kMessages);
}

}  // namespace virga::volume::api
