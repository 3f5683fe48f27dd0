#include "volume/api/api.hpp"
#include "volume/api/metadata.hpp"
#include "volume/repo/group_repo.hpp"

namespace virga::volume::api {
namespace {

constexpr int kGroupTypes = 11;
constexpr std::size_t kNameLength = 255;
const identity::policy::Check kSpecs(policies(), "group:access_group_types_specs");

json::object view_of(const Call& call, const GroupType& type) {
    json::object view{{"id", type.id},
                      {"name", type.name},
                      {"description", string_or_null(type.description)},
                      {"is_public", type.is_public}};
    if (kSpecs.allows(call.auth)) view["group_specs"] = type.specs;
    return view;
}

http::Response one(int status, const Call& call, const GroupType& type) {
    return http::Response::with_json(status, json::object{{"group_type", view_of(call, type)}});
}

GroupType visible_type(db::Transaction& tx, const Call& call) {
    const auto& id = call.request.param("group_type_id");
    auto type = repo::get_group_type(tx, id);
    if (type.is_public || kSpecs.allows(call.auth)) return type;
    throw Error(ErrorCode::NotFound, "Group type " + id + " could not be found.", {}, id);
}

/// is_public: all that the caller may see unless given; administrators may ask for the others, or with None for all.
std::optional<bool> public_filter(const Call& call) {
    if (!kSpecs.allows(call.auth)) return true;
    const auto text = call.request.query_value("is_public");
    if (!text) return true;
    if (*text == "None" || *text == "none") return std::nullopt;
    json::object holder{{"is_public", *text}};
    return http::Fields(holder, "").boolean("is_public");
}

const std::map<std::string, std::string, std::less<>>& sort_columns() {
    static const std::map<std::string, std::string, std::less<>> columns{
        {"id", "id"}, {"name", "name"}, {"created_at", "created_us"}};
    return columns;
}

http::Response list(const Call& call) {
    const auto slice = slice_of(call);
    repo::GroupFilter filter;
    filter.sort = sort_of(call, sort_columns());
    filter.marker = slice.marker;
    filter.limit = slice.limit;
    filter.offset = slice.offset;
    auto tx = call.db().read();
    const auto types = repo::list_group_types(tx, filter, public_filter(call));
    json::array items;
    for (const auto& type : types) items.push_back(view_of(call, type));
    json::object body{{"group_types", std::move(items)}};
    add_next_link(body, call, "group_types", types.size(), slice, types.empty() ? "" : types.back().id);
    return http::Response::with_json(200, std::move(body));
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    return one(200, call, visible_type(tx, call));
}

http::Response show_default(const Call&) {
    throw Error(ErrorCode::NotFound, "Default group type could not be found: a group always names its type.");
}

void check_blank(const http::Fields& fields, const std::string& name) {
    if (name.find_first_not_of(" \t\n") == std::string::npos) fields.fail("name", "must not be blank");
}

http::Response create(const Call& call) {
    const auto body = body_object(call, "group_type");
    http::Fields fields(body, "group_type");
    GroupType type;
    type.id = new_uuid();
    type.name = fields.required_string("name", 1, kNameLength);
    check_blank(fields, type.name);
    type.description = fields.string("description", 0, kNameLength).value_or("");
    type.is_public = fields.boolean("is_public").value_or(true);
    type.specs = fields.metadata("group_specs").value_or(json::object{});
    type.created_us = now_us();
    fields.finish();
    auto tx = call.db().write();
    repo::insert(tx, type);
    tx.commit();
    return one(202, call, type);
}

http::Response update(const Call& call) {
    const auto body = body_object(call, "group_type");
    http::Fields fields(body, "group_type");
    const auto name = fields.string("name", 1, kNameLength);
    check_blank(fields, name.value_or("kept"));
    const auto description = fields.string("description", 0, kNameLength);
    const auto is_public = fields.boolean("is_public");
    fields.finish();
    if (!name && !description && !is_public) fields.fail("name", "or description or is_public must be given");
    auto tx = call.db().write();
    auto type = visible_type(tx, call);
    type.name = name.value_or(type.name);
    type.description = description.value_or(type.description);
    type.is_public = is_public.value_or(type.is_public);
    repo::update(tx, type);
    tx.commit();
    return one(200, call, type);
}

http::Response remove(const Call& call) {
    auto tx = call.db().write();
    repo::delete_group_type(tx, visible_type(tx, call).id);
    tx.commit();
    return http::Response::empty(202);
}

// ---- specs

json::object specs_view(const json::object& specs) {
    return {{"group_specs", specs}};
}

http::Response list_specs(const Call& call) {
    auto tx = call.db().read();
    return http::Response::with_json(200, specs_view(visible_type(tx, call).specs));
}

http::Response merge_specs(const Call& call) {
    const auto body = call.request.json_body();
    http::Fields fields(body, "");
    const auto given = fields.metadata("group_specs");
    if (!given) fields.fail("group_specs", "is required");
    fields.finish();
    auto tx = call.db().write();
    auto type = visible_type(tx, call);
    for (const auto& item : *given) type.specs[item.key()] = item.value();
    check_items(type.specs, "group_specs");
    repo::update(tx, type);
    tx.commit();
    return http::Response::with_json(202, specs_view(*given));
}

[[noreturn]] void no_spec(const GroupType& type, const std::string& key) {
    throw Error(ErrorCode::NotFound, "Group type " + type.id + " has no spec with key " + key.substr(0, 64) + ".");
}

http::Response show_spec(const Call& call) {
    auto tx = call.db().read();
    const auto type = visible_type(tx, call);
    const auto& key = call.request.param("key");
    const auto* value = type.specs.if_contains(key);
    if (value == nullptr) no_spec(type, key);
    return http::Response::with_json(200, json::object{{key, *value}});
}

http::Response put_spec(const Call& call) {
    const auto body = call.request.json_body();
    const auto& key = call.request.param("key");
    json::object holder{{"group_specs", body}};
    const auto given = http::Fields(holder, "").metadata("group_specs");
    if (given->size() != 1 || !given->contains(key)) {
        throw Error(ErrorCode::InvalidInput, "The body must hold the one spec that the path names.");
    }
    auto tx = call.db().write();
    auto type = visible_type(tx, call);
    type.specs[key] = given->at(key);
    check_items(type.specs, "group_specs");
    repo::update(tx, type);
    tx.commit();
    return http::Response::with_json(200, *given);
}

http::Response delete_spec(const Call& call) {
    const auto& key = call.request.param("key");
    auto tx = call.db().write();
    auto type = visible_type(tx, call);
    if (type.specs.erase(key) == 0) no_spec(type, key);
    repo::update(tx, type);
    tx.commit();
    return http::Response::empty(202);
}

}  // namespace

void register_group_types(Routes& routes) {
    routes.add("GET", "/group_types", "group:group_types:get", list, kGroupTypes);
    routes.add("POST", "/group_types", "group:group_types:create", create, kGroupTypes);
    routes.add("GET", "/group_types/default", "group:group_types:get", show_default, kGroupTypes);
    routes.add("GET", "/group_types/{group_type_id}", "group:group_types:get", show, kGroupTypes);
    routes.add("PUT", "/group_types/{group_type_id}", "group:group_types:update", update, kGroupTypes);
    routes.add("DELETE", "/group_types/{group_type_id}", "group:group_types:delete", remove, kGroupTypes);
    routes.add("GET", "/group_types/{group_type_id}/group_specs", "group:group_types_specs:get_all", list_specs,
               kGroupTypes);
    routes.add("POST", "/group_types/{group_type_id}/group_specs", "group:group_types_specs:create", merge_specs,
               kGroupTypes);
    routes.add("GET", "/group_types/{group_type_id}/group_specs/{key}", "group:group_types_specs:get", show_spec,
               kGroupTypes);
    routes.add("PUT", "/group_types/{group_type_id}/group_specs/{key}", "group:group_types_specs:update", put_spec,
               kGroupTypes);
    routes.add("DELETE", "/group_types/{group_type_id}/group_specs/{key}", "group:group_types_specs:delete",
               delete_spec, kGroupTypes);
}

}  // namespace virga::volume::api
