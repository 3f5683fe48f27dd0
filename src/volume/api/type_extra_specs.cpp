#include "volume/api/api.hpp"
#include "volume/api/metadata.hpp"
#include "volume/api/types.hpp"
#include "volume/repo/type_repo.hpp"

namespace virga::volume::api {
namespace {

[[noreturn]] void no_such_key(const std::string& key) {
    throw Error(ErrorCode::NotFound, "Volume type has no extra spec with key " + key + ".");
}

http::Response list(const Call& call) {
    auto tx = call.db().read();
    const auto type = visible_type(tx, call, call.request.param("type_id"));
    return http::Response::with_json(200, json::object{{"extra_specs", visible_specs(call, type)}});
}

http::Response merge(const Call& call) {
    const auto body = call.request.json_body();
    http::Fields fields(body, "");
    const auto given = fields.metadata("extra_specs");
    if (!given) fields.fail("extra_specs", "is required");
    fields.finish();
    check_specs_keys(*given);
    auto tx = call.db().write();
    auto type = repo::get_type(tx, call.request.param("type_id"));
    for (const auto& item : *given) type.extra_specs[item.key()] = item.value();
    check_items(type.extra_specs, "extra_specs");
    repo::update(tx, type);
    tx.commit();
    return http::Response::with_json(200, json::object{{"extra_specs", *given}});
}

http::Response show_key(const Call& call) {
    auto tx = call.db().read();
    const auto specs = visible_specs(call, visible_type(tx, call, call.request.param("type_id")));
    const auto& key = call.request.param("key");
    const auto* value = specs.if_contains(key);
    if (value == nullptr) no_such_key(key);
    json::object view;
    view[key] = *value;
    return http::Response::with_json(200, view);
}

http::Response set_key(const Call& call) {
    const auto body = call.request.json_body();
    const auto& key = call.request.param("key");
    http::Fields fields(body, "");
    const auto value = fields.required_string(key, 0, 255);
    fields.finish();
    check_specs_keys(body);
    auto tx = call.db().write();
    auto type = repo::get_type(tx, call.request.param("type_id"));
    type.extra_specs[key] = value;
    check_items(type.extra_specs, "extra_specs");
    repo::update(tx, type);
    tx.commit();
    return http::Response::with_json(200, body);
}

http::Response remove_key(const Call& call) {
    auto tx = call.db().write();
    auto type = repo::get_type(tx, call.request.param("type_id"));
    const auto& key = call.request.param("key");
    if (type.extra_specs.erase(key) == 0) no_such_key(key);
    repo::update(tx, type);
    tx.commit();
    return http::Response::empty(202);
}

}  // namespace

void register_type_extra_specs(Routes& routes) {
    routes.add("GET", "/types/{type_id}/extra_specs", "volume_extension:types_extra_specs:index", list);
    routes.add("POST", "/types/{type_id}/extra_specs", "volume_extension:types_extra_specs:create", merge);
    routes.add("GET", "/types/{type_id}/extra_specs/{key}", "volume_extension:types_extra_specs:show", show_key);
    routes.add("PUT", "/types/{type_id}/extra_specs/{key}", "volume_extension:types_extra_specs:update", set_key);
    routes.add("DELETE", "/types/{type_id}/extra_specs/{key}", "volume_extension:types_extra_specs:delete", remove_key);
}

}  // namespace virga::volume::api
