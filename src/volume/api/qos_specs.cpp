#include "volume/api/api.hpp"
#include "volume/api/filters.hpp"
#include "volume/repo/qos_repo.hpp"
#include "volume/repo/type_repo.hpp"

namespace virga::volume::api {
namespace {

constexpr std::size_t kMaxKeys = 128;

QosSpecs get_qos(db::Transaction& tx, const Call& call) {
    return repo::get_qos(tx, call.request.param("qos_id"));
}

json::object view_of(const QosSpecs& qos) {
    return {{"id", qos.id}, {"name", qos.name}, {"consumer", qos.consumer}, {"specs", qos.specs}};
}

http::Response one(const Call& call, const QosSpecs& qos) {
    return http::Response::with_json(
        200, json::object{{"qos_specs", view_of(qos)}, {"links", links_of(call, "/qos-specs/" + qos.id)}});
}

/// Sets the consumer and the specs that the body gives.
void read_into(QosSpecs& qos, http::Fields& fields, json::object given) {
    if (const auto consumer = fields.one_of("consumer", {"front-end", "back-end", "both"})) qos.consumer = *consumer;
    given.erase("consumer");
    const json::object holder{{"specs", std::move(given)}};
    const auto specs = http::Fields(holder, "qos_specs").metadata("specs");
    for (const auto& item : *specs) qos.specs[item.key()] = item.value();
    if (qos.specs.size() > kMaxKeys) fields.fail("specs", "must have at most 128 keys");
    check_specs(qos);
}

http::Response list(const Call& call) {
    static const std::map<std::string, std::string, std::less<>> kSortColumns{
        {"id", "id"}, {"name", "name"}, {"consumer", "consumer"}, {"created_at", "created_us"}};
    if (!has_only(call, {"id", "name", "consumer"})) return empty_list(call, "qos_specs");
    const auto text = [&](std::string_view name) { return call.request.query_value(name).value_or(""); };
    const auto slice = slice_of(call);
    const repo::QosFilter filter{text("id"),   text("name"), text("consumer"), sort_of(call, kSortColumns),
                                 slice.marker, slice.limit,  slice.offset};
    auto tx = call.db().read();
    const auto found = repo::list_qos(tx, filter);
    json::array items;
    for (const auto& qos : found) items.push_back(view_of(qos));
    json::object body{{"qos_specs", std::move(items)}};
    add_next_link(body, call, "qos_specs", found.size(), slice, found.empty() ? "" : found.back().id);
    return http::Response::with_json(200, std::move(body));
}

http::Response create(const Call& call) {
    auto body = body_object(call, "qos_specs");
    http::Fields fields(body, "qos_specs");
    QosSpecs qos{new_uuid(), fields.required_string("name", 1, 255), "back-end", {}, now_us()};
    qos.name = read_text(fields, "name").value_or("");
    if (qos.name.empty()) fields.fail("name", "must not be blank");
    auto given = body;
    given.erase("name");
    read_into(qos, fields, std::move(given));
    auto tx = call.db().write();
    repo::insert(tx, qos);
    tx.commit();
    return one(call, qos);
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    return one(call, get_qos(tx, call));
}

http::Response update(const Call& call) {
    const auto body = body_object(call, "qos_specs");
    http::Fields fields(body, "qos_specs");
    if (body.empty()) fields.fail("", "at least one spec must be given");
    auto tx = call.db().write();
    auto qos = get_qos(tx, call);
    read_into(qos, fields, body);
    repo::update(tx, qos);
    tx.commit();
    return http::Response::with_json(200, json::object{{"qos_specs", body}});
}

http::Response delete_keys(const Call& call) {
    const auto body = call.request.json_body();
    http::Fields fields(body, "");
    const auto* keys = fields.array("keys", kMaxKeys);
    if (keys == nullptr) fields.fail("keys", "is required");
    fields.finish();
    auto tx = call.db().write();
    auto qos = get_qos(tx, call);
    for (const auto& key : *keys) {
        if (!key.is_string()) fields.fail("keys", "must list strings");
        if (qos.specs.erase(key.get_string()) == 0) {
            throw Error(ErrorCode::NotFound,
                        "QoS specs " + qos.id + " have no spec with key " + std::string(key.get_string()) + ".");
        }
    }
    check_specs(qos);
    repo::update(tx, qos);
    tx.commit();
    return http::Response::empty(202);
}

http::Response remove(const Call& call) {
    auto tx = call.db().write();
    const auto qos = get_qos(tx, call);
    if (!call.flag("force") && !repo::types_with_qos(tx, qos.id).empty()) {
        throw Error(ErrorCode::InvalidInput,
                    "QoS specs " + qos.id + " are associated with volume types. Disassociate them, or delete by force.",
                    {}, qos.id);
    }
    repo::delete_qos(tx, qos.id);
    tx.commit();
    return http::Response::empty(202);
}

http::Response associations(const Call& call) {
    auto tx = call.db().read();
    json::array items;
    for (const auto& type : repo::types_with_qos(tx, get_qos(tx, call).id)) {
        items.push_back(json::object{{"association_type", "volume_type"}, {"name", type.name}, {"id", type.id}});
    }
    return http::Response::with_json(200, json::object{{"qos_associations", std::move(items)}});
}

/// The type that ?vol_type_id names.
VolumeType named_type(db::Transaction& tx, const Call& call) {
    const auto id = call.request.query_value("vol_type_id").value_or("");
    if (id.empty()) throw Error(ErrorCode::InvalidInput, "vol_type_id: is required, the id of a volume type.");
    return repo::get_type(tx, id);
}

http::Response associate(const Call& call) {
    auto tx = call.db().write();
    const auto qos = get_qos(tx, call);
    const auto type = named_type(tx, call);
    if (!type.qos_specs_id.empty() && type.qos_specs_id != qos.id) {
        throw Error(ErrorCode::InvalidInput,
                    "vol_type_id: type " + type.id + " is associated with QoS specs " + type.qos_specs_id + " already.",
                    {}, type.id);
    }
    repo::set_qos(tx, type.id, qos.id);
    tx.commit();
    return http::Response::empty(202);
}

http::Response disassociate(const Call& call) {
    auto tx = call.db().write();
    const auto qos = get_qos(tx, call);
    const auto type = named_type(tx, call);
    if (type.qos_specs_id == qos.id) repo::set_qos(tx, type.id, "");
    tx.commit();
    return http::Response::empty(202);
}

http::Response disassociate_all(const Call& call) {
    auto tx = call.db().write();
    repo::disassociate_all(tx, get_qos(tx, call).id);
    tx.commit();
    return http::Response::empty(202);
}

}  // namespace

void register_qos_specs(Routes& routes) {
    routes.add("GET", "/qos-specs", "volume_extension:qos_specs_manage:get_all", list);
    routes.add("POST", "/qos-specs", "volume_extension:qos_specs_manage:create", create);
    routes.add("GET", "/qos-specs/{qos_id}", "volume_extension:qos_specs_manage:get", show);
    routes.add("PUT", "/qos-specs/{qos_id}", "volume_extension:qos_specs_manage:update", update);
    routes.add("DELETE", "/qos-specs/{qos_id}", "volume_extension:qos_specs_manage:delete", remove);
    routes.add("PUT", "/qos-specs/{qos_id}/delete_keys", "volume_extension:qos_specs_manage:delete", delete_keys);
    routes.add("GET", "/qos-specs/{qos_id}/associations", "volume_extension:qos_specs_manage:get_all", associations);
    routes.add("GET", "/qos-specs/{qos_id}/associate", "volume_extension:qos_specs_manage:update", associate);
    routes.add("GET", "/qos-specs/{qos_id}/disassociate", "volume_extension:qos_specs_manage:update", disassociate);
    routes.add("GET", "/qos-specs/{qos_id}/disassociate_all", "volume_extension:qos_specs_manage:update",
               disassociate_all);
}

}  // namespace virga::volume::api
