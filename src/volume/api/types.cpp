#include "volume/api/api.hpp"
#include "volume/repo/type_repo.hpp"
#include "volume/settings.hpp"

namespace virga::volume::api {
namespace {

constexpr const char* kManage = "volume_extension:types_manage";

bool may_see(const Call& call, const VolumeType& type) {
    return type.is_public || call.auth.is_admin();
}

json::object view_of(const Call& call, const VolumeType& type) {
    json::object view{{"id", type.id},
                      {"name", type.name},
                      {"is_public", type.is_public},
                      {"description", string_or_null(type.description)},
                      {"os-volume-type-access:is_public", type.is_public}};
    view["extra_specs"] = type.extra_specs;
    if (call.auth.is_admin()) view["qos_specs_id"] = nullptr;
    return view;
}

http::Response one(const Call& call, const VolumeType& type) {
    return http::Response::with_json(200, json::object{{"volume_type", view_of(call, type)}});
}

/// The answer to a creation or update: Cinder's doesn't name the QoS specs there.
http::Response written(const Call& call, const VolumeType& type) {
    auto view = view_of(call, type);
    view.erase("qos_specs_id");
    return http::Response::with_json(200, json::object{{"volume_type", std::move(view)}});
}

VolumeType visible_type(db::Transaction& tx, const Call& call, const std::string& id) {
    auto type = repo::get_type(tx, id);
    if (may_see(call, type)) return type;
    throw Error(ErrorCode::NotFound, "Volume type " + id + " could not be found.", {}, id);
}

/// is_public as the query asks for it: administrators get both kinds with "None".
bool is_wanted(const Call& call, const VolumeType& type) {
    if (!may_see(call, type)) return false;
    const auto text = call.request.query_value("is_public");
    if (!text || *text == "None" || *text == "none") return true;
    json::object holder{{"is_public", *text}};
    return http::Fields(holder, "").boolean("is_public").value_or(true) == type.is_public;
}

http::Response list(const Call& call) {
    const auto slice = slice_of(call);
    auto tx = call.db().read();
    json::array items;
    std::string last;
    bool after_marker = !slice.marker;
    for (const auto& type : repo::list_types(tx)) {
        if (items.size() == slice.limit) break;
        if (after_marker && is_wanted(call, type)) {
            items.push_back(view_of(call, type));
            last = type.id;
        }
        if (slice.marker && type.id == *slice.marker) after_marker = true;
    }
    const auto shown = items.size();
    json::object body{{"volume_types", std::move(items)}};
    add_next_link(body, call, "volume_type", shown, slice, last);
    return http::Response::with_json(200, std::move(body));
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    const auto& id = call.request.param("type_id");
    return one(call, visible_type(tx, call, id == "default" ? call.context.d.config.get(setting::default_type) : id));
}

http::Response create(const Call& call) {
    identity::require_admin(call.auth, kManage);
    const auto body = body_object(call, "volume_type");
    http::Fields fields(body, "volume_type");
    VolumeType type{new_uuid(),
                    fields.required_string("name", 1, 255),
                    fields.string("description", 0, 255).value_or(""),
                    fields.boolean("os-volume-type-access:is_public").value_or(true),
                    fields.metadata("extra_specs").value_or(json::object{}),
                    now_us()};
    auto tx = call.db().write();
    repo::insert(tx, type);
    tx.commit();
    return written(call, type);
}

http::Response update(const Call& call) {
    identity::require_admin(call.auth, kManage);
    const auto body = body_object(call, "volume_type");
    http::Fields fields(body, "volume_type");
    const auto name = fields.string("name", 1, 255);
    const auto description = fields.string("description", 0, 255);
    const auto is_public = fields.boolean("is_public");
    if (!name && !description && !is_public) {
        throw Error(ErrorCode::InvalidInput, "volume_type: name, description or is_public must be given.");
    }
    auto tx = call.db().write();
    auto type = repo::get_type(tx, call.request.param("type_id"));
    type.name = name.value_or(type.name);
    type.description = description.value_or(type.description);
    type.is_public = is_public.value_or(type.is_public);
    repo::update(tx, type);
    tx.commit();
    return written(call, type);
}

void check_removable(db::Transaction& tx, const Call& call, const VolumeType& type) {
    if (type.name == call.context.d.config.get(setting::default_type)) {
        throw Error(ErrorCode::InvalidInput, "Volume type " + type.name + " is the default type and can't be deleted.");
    }
    if (repo::volumes_of_type(tx, type.id) > 0) {
        throw Error(ErrorCode::InvalidInput, "Volume type " + type.id + " is still in use by volumes.");
    }
}

http::Response remove(const Call& call) {
    identity::require_admin(call.auth, kManage);
    auto tx = call.db().write();
    const auto type = repo::get_type(tx, call.request.param("type_id"));
    check_removable(tx, call, type);
    repo::delete_type(tx, type.id);
    tx.commit();
    return http::Response::empty(202);
}

}  // namespace

void register_types(Routes& routes) {
    routes.add("GET", "/types", list);
    routes.add("POST", "/types", create);
    routes.add("GET", "/types/{type_id}", show);
    routes.add("PUT", "/types/{type_id}", update);
    routes.add("DELETE", "/types/{type_id}", remove);
}

}  // namespace virga::volume::api
