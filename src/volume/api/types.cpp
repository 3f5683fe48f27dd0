#include "volume/api/types.hpp"
#include "volume/api/filters.hpp"

#include <algorithm>
#include <array>

#include "volume/flows/choose_type.hpp"
#include "volume/repo/type_access_repo.hpp"
#include "volume/repo/type_repo.hpp"
#include "volume/settings.hpp"

namespace virga::volume::api {
namespace {

constexpr int kSpecsFilter = 52;
const identity::policy::Check kQosSpecs(policies(), "volume_extension:access_types_qos_specs_id");
const identity::policy::Check kSensitive(policies(), "volume_extension:types_extra_specs:read_sensitive");

json::object view_of(const Call& call, const VolumeType& type) {
    json::object view{{"id", type.id},
                      {"name", type.name},
                      {"is_public", type.is_public},
                      {"description", string_or_null(type.description)},
                      {"os-volume-type-access:is_public", type.is_public}};
    view["extra_specs"] = visible_specs(call, type);
    if (kQosSpecs.allows(call.auth)) view["qos_specs_id"] = string_or_null(type.qos_specs_id);
    return view;
}

http::Response one(const Call& call, const VolumeType& type) {
    return http::Response::with_json(200, json::object{{"volume_type", view_of(call, type)}});
}

/// The answer to a creation or update, which has no attributes of extensions as Cinder's hasn't: the QoS specs, and
/// after an update the second form of is_public.
http::Response written(const Call& call, const VolumeType& type, bool updated) {
    auto view = view_of(call, type);
    view.erase("qos_specs_id");
    if (updated) view.erase("os-volume-type-access:is_public");
    return http::Response::with_json(200, json::object{{"volume_type", std::move(view)}});
}

/// Administrators see public types unless they ask for the private ones (false) or both (None).
std::optional<bool> wanted_kind(const Call& call) {
    if (!call.sees_all()) return std::nullopt;
    const auto text = call.request.query_value("is_public");
    if (!text || text->empty()) return true;
    if (*text == "None" || *text == "none") return std::nullopt;
    json::object holder{{"is_public", *text}};
    return http::Fields(holder, "").boolean("is_public");
}

repo::TypeFilter filter_of(const Call& call) {
    static const std::map<std::string, std::string, std::less<>> kSortColumns{
        {"id", "id"}, {"name", "name"}, {"is_public", "is_public"}, {"created_at", "created_us"}};
    const auto slice = slice_of(call);
    repo::TypeFilter filter;
    if (!call.sees_all()) filter.project = call.auth.project.value;
    filter.is_public = wanted_kind(call);
    filter.name = call.request.query_value("name").value_or("");
    if (call.at_least(kSpecsFilter)) filter.extra_specs = map_filter(call, "extra_specs");
    filter.sort = sort_of(call, kSortColumns);
    filter.marker = slice.marker;
    filter.limit = slice.limit;
    filter.offset = slice.offset;
    return filter;
}

http::Response list(const Call& call) {
    if (!check_filters(call, "volume_type")) return empty_list(call, "volume_types");
    const auto filter = filter_of(call);
    auto tx = call.db().read();
    const auto types = repo::list_types(tx, filter);
    json::array items;
    for (const auto& type : types) items.push_back(view_of(call, type));
    json::object body{{"volume_types", std::move(items)}};
    add_next_link(body, call, "volume_type", types.size(), slice_of(call), types.empty() ? "" : types.back().id);
    return http::Response::with_json(200, std::move(body));
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    const auto& id = call.request.param("type_id");
    if (id == "default") return one(call, flows::default_type(tx, call.context.d, call.auth.project));
    return one(call, visible_type(tx, call, id));
}

/// A name that isn't only blanks.
std::optional<std::string> name_of(http::Fields& fields) {
    auto name = fields.string("name", 1, 255);
    if (name && name->find_first_not_of(" \t\n") == std::string::npos) fields.fail("name", "must not be blank");
    return name;
}

http::Response create(const Call& call) {
    const auto body = body_object(call, "volume_type");
    http::Fields fields(body, "volume_type");
    const auto name = name_of(fields);
    if (!name) fields.fail("name", "is required");
    VolumeType type{new_uuid(),
                    *name,
                    fields.string("description", 0, 255).value_or(""),
                    fields.boolean("os-volume-type-access:is_public").value_or(true),
                    fields.metadata("extra_specs").value_or(json::object{}),
                    {},
                    now_us()};
    fields.finish();
    check_specs_keys(type.extra_specs);
    auto tx = call.db().write();
    repo::insert(tx, type);
    tx.commit();
    return written(call, type, false);
}

http::Response update(const Call& call) {
    const auto body = body_object(call, "volume_type");
    http::Fields fields(body, "volume_type");
    const auto name = name_of(fields);
    const auto description = fields.string("description", 0, 255);
    const auto is_public = fields.boolean("is_public");
    fields.finish();
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
    return written(call, type, true);
}

void check_removable(db::Transaction& tx, const Call& call, const VolumeType& type) {
    if (type.name == call.context.d.config.get(setting::default_type) || repo::projects_with_default(tx, type.id) > 0) {
        throw Error(ErrorCode::InvalidInput, "Volume type " + type.name + " is a default type and can't be deleted.");
    }
    check_unused(tx, type);
}

http::Response remove(const Call& call) {
    auto tx = call.db().write();
    const auto type = repo::get_type(tx, call.request.param("type_id"));
    check_removable(tx, call, type);
    repo::delete_type(tx, type.id);
    tx.commit();
    return http::Response::empty(202);
}

}  // namespace

VolumeType visible_type(db::Transaction& tx, const Call& call, const std::string& id_or_name) {
    return flows::usable_type(tx, call.auth, id_or_name);
}

json::object visible_specs(const Call& call, const VolumeType& type) {
    if (kSensitive.allows(call.auth)) return type.extra_specs;
    static constexpr std::array<std::string_view, 3> kOpen{"multiattach", "RESKEY:availability_zones",
                                                           "replication_enabled"};
    json::object out;
    for (const auto& item : type.extra_specs) {
        if (std::find(kOpen.begin(), kOpen.end(), std::string_view(item.key())) != kOpen.end()) {
            out[item.key()] = item.value();
        }
    }
    return out;
}

void check_specs_keys(const json::object& specs) {
    static constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:- ";
    for (const auto& item : specs) {
        const std::string_view key = item.key();
        if (key.find_first_not_of(kAllowed) == std::string_view::npos) continue;
        throw Error(ErrorCode::InvalidInput,
                    "extra_specs: the key '" + std::string(key) +
                        "' may only have letters, digits, underscores, periods, colons, hyphens and blanks.");
    }
}

void check_unused(db::Transaction& tx, const VolumeType& type) {
    if (repo::volumes_of_type(tx, type.id) == 0) return;
    throw Error(ErrorCode::InvalidInput, "Volume type " + type.id + " is still in use by volumes.", {}, type.id);
}

void register_types(Routes& routes) {
    routes.add("GET", "/types", "volume_extension:type_get_all", list);
    routes.add("POST", "/types", "volume_extension:type_create", create);
    routes.add("GET", "/types/{type_id}", "volume_extension:type_get", show);
    routes.add("PUT", "/types/{type_id}", "volume_extension:type_update", update);
    routes.add("DELETE", "/types/{type_id}", "volume_extension:type_delete", remove);
}

}  // namespace virga::volume::api
