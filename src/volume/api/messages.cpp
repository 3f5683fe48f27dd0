#include "volume/api/api.hpp"
#include "volume/api/filters.hpp"
#include "volume/repo/message_repo.hpp"

namespace virga::volume::api {
namespace {

constexpr int kMessages = 3;
constexpr int kFilters = 5;
const std::string kLevel = "ERROR";

json::object view_of(const Call& call, const Message& message) {
    return {{"id", message.id},
            {"request_id", message.request_id},
            {"resource_type", message.resource_type},
            {"resource_uuid", string_or_null(message.resource_id)},
            {"event_id", message.event_id},
            {"user_message", message.text},
            {"message_level", kLevel},
            {"created_at", time_or_null(message.created_us)},
            {"guaranteed_until", time_or_null(message.created_us + kMessageLifeUs)},
            {"links", links_of(call, "/messages/" + message.id)}};
}

Message own_message(db::Transaction& tx, const Call& call) {
    const auto& id = call.request.param("message_id");
    const auto message = repo::find_message(tx, id);
    if (message && call.auth.reaches(message->project)) return *message;
    throw Error(ErrorCode::NotFound, "Message " + id + " could not be found.", {}, id);
}

repo::MessageFilter filter_of(const Call& call, const Slice& slice) {
    static const std::map<std::string, std::string, std::less<>> kSortColumns{{"id", "id"},
                                                                              {"event_id", "event_id"},
                                                                              {"resource_type", "resource_type"},
                                                                              {"resource_uuid", "resource_id"},
                                                                              {"request_id", "request_id"},
                                                                              {"created_at", "created_us"},
                                                                              {"guaranteed_until", "created_us"}};
    const auto text = [&](std::string_view name) { return call.request.query_value(name).value_or(""); };
    return {
        call.auth.project.value,     text("resource_type"), text("resource_uuid"), text("event_id"), text("request_id"),
        sort_of(call, kSortColumns), slice.marker,          slice.limit,           slice.offset};
}

/// Filters, sorting and pages are there from 3.5 on; every message is of the level ERROR.
http::Response list(const Call& call) {
    const bool filters = call.at_least(kFilters);
    if (filters && !check_filters(call, "message")) return empty_list(call, "messages");
    repo::MessageFilter filter;
    filter.project = call.auth.project.value;
    const auto slice = filters ? slice_of(call) : Slice{filter.limit, 0, std::nullopt};
    if (filters) filter = filter_of(call, slice);
    const auto level = filters ? call.request.query_value("message_level").value_or(kLevel) : kLevel;
    auto tx = call.db().read();
    const auto messages = level == kLevel ? repo::list_messages(tx, filter) : std::vector<Message>{};
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
    routes.add("GET", "/messages", "message:get_all", list, kMessages);
    routes.add("GET", "/messages/{message_id}", "message:get", show, kMessages);
    routes.add("DELETE", "/messages/{message_id}", "message:delete", remove, kMessages);
}

}  // namespace virga::volume::api
