#include "base/error.hpp"
#include "compute/api/api.hpp"
#include "compute/model/server_changes.hpp"

namespace virga::compute::api {
namespace {

void check_count(db::Transaction& tx, Call& call, const Server& server) {
    const auto limit = QuotaLimits(tx, call.d, server.project.value).of("metadata_items");
    if (limit >= 0 && static_cast<std::int64_t>(server.metadata.size()) > limit) {
        throw Error(ErrorCode::QuotaExceeded,
                    "metadata: maximum number of metadata items exceeds " + std::to_string(limit));
    }
}

/// Changes the map of the caller's server and returns it.
template <class F>
json::object edit(Call& call, F&& change) {
    return call.d.db.write_with([&](db::Transaction& tx) {
        auto server = visible_server(tx, call.auth, call.server_id());
        require_unlocked(call.auth, server);
        require_allowed(server_change::kUpdateMetadata, server);
        change(server.metadata);
        check_count(tx, call, server);
        repo::update_details(tx, server);
        return server.metadata;
    });
}

json::object read_map(const Call& call) {
    const auto body = call.request.json_body();
    http::Fields fields(body, "");
    auto metadata = fields.metadata("metadata");
    fields.finish();
    if (!metadata) throw Error(ErrorCode::InvalidInput, "metadata: is required");
    return *std::move(metadata);
}

json::object stored(Call& call) {
    auto tx = call.d.db.read();
    return visible_server(tx, call.auth, call.server_id()).metadata;
}

[[noreturn]] void no_item() {
    throw Error(ErrorCode::NotFound, "Metadata item was not found");
}

http::Response show_all(Call& call) {
    return json_response(200, "metadata", stored(call));
}

http::Response merge(Call& call) {
    const auto given = read_map(call);
    return json_response(200, "metadata", edit(call, [&](json::object& map) {
                             for (const auto& item : given) map[item.key()] = item.value();
                         }));
}

http::Response replace(Call& call) {
    const auto given = read_map(call);
    return json_response(200, "metadata", edit(call, [&](json::object& map) { map = given; }));
}

http::Response show_one(Call& call) {
    const auto map = stored(call);
    const auto* value = map.if_contains(call.param("key"));
    if (value == nullptr) no_item();
    json::object meta;
    meta[call.param("key")] = *value;
    return json_response(200, "meta", std::move(meta));
}

http::Response set_one(Call& call) {
    const auto body = call.request.json_body();
    http::Fields fields(body, "");
    const auto given = fields.metadata("meta");
    fields.finish();
    if (!given || given->size() != 1 || !given->contains(call.param("key"))) {
        throw Error(ErrorCode::InvalidInput, "meta: must have the one key " + call.param("key") + " of the URL");
    }
    edit(call, [&](json::object& map) { map[call.param("key")] = given->begin()->value(); });
    return json_response(200, "meta", *given);
}

http::Response remove_one(Call& call) {
    edit(call, [&](json::object& map) {
        if (map.erase(call.param("key")) == 0) no_item();
    });
    return http::Response::empty(204);
}

}  // namespace

void add_server_metadata(Routes& routes) {
    routes.add("GET", "/servers/{server_id}/metadata", "os_compute_api:server-metadata:index", show_all);
    routes.add("POST", "/servers/{server_id}/metadata", "os_compute_api:server-metadata:create", merge);
    routes.add("PUT", "/servers/{server_id}/metadata", "os_compute_api:server-metadata:update_all", replace);
    routes.add("GET", "/servers/{server_id}/metadata/{key}", "os_compute_api:server-metadata:show", show_one);
    routes.add("PUT", "/servers/{server_id}/metadata/{key}", "os_compute_api:server-metadata:update", set_one);
    routes.add("DELETE", "/servers/{server_id}/metadata/{key}", "os_compute_api:server-metadata:delete", remove_one);
}

}  // namespace virga::compute::api
