#include "volume/api/types.hpp"
#include "volume/repo/encryption_repo.hpp"
#include "volume/repo/type_repo.hpp"

/// How the volumes of a type are encrypted.
namespace virga::volume::api {
namespace {

json::object words_of(const TypeEncryption& e) {
    return {{"volume_type_id", e.type_id},
            {"encryption_id", e.id},
            {"provider", e.provider},
            {"cipher", optional_or_null(e.cipher)},
            {"key_size", optional_or_null(e.key_size)},
            {"control_location", e.control_location}};
}

json::object view_of(const TypeEncryption& e) {
    auto view = words_of(e);
    view["created_at"] = time_or_null(e.created_us);
    view["updated_at"] = time_or_null(e.updated_us);
    view["deleted_at"] = nullptr;
    view["deleted"] = false;
    return view;
}

TypeEncryption get_encryption(db::Transaction& tx, const Call& call) {
    const auto type = repo::get_type(tx, call.request.param("type_id"));
    auto encryption = repo::find_encryption(tx, type.id);
    if (!encryption) {
        throw Error(ErrorCode::NotFound, "Volume type " + type.id + " has no encryption.", {}, type.id);
    }
    return *encryption;
}

/// Sets what the body gives. The words are those of the original, which takes any provider and cipher.
void read_into(TypeEncryption& e, http::Fields& fields) {
    const auto* location = "control_location";
    if (fields.has("provider")) e.provider = fields.required_string("provider", 1, 255);
    if (fields.has("cipher")) e.cipher = fields.string("cipher", 1, 255);
    if (fields.has("key_size")) e.key_size = fields.integer("key_size", 0, INT32_MAX);
    if (const auto given = fields.one_of(location, {"front-end", "back-end"})) e.control_location = *given;
    fields.any("encryption_id");
    fields.any("volume_type_id");
    fields.finish();
    if (e.provider.empty()) fields.fail("provider", "is required");
    if (e.control_location.empty()) fields.fail(location, "is required: front-end or back-end");
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    const auto type = repo::get_type(tx, call.request.param("type_id"));
    const auto encryption = repo::find_encryption(tx, type.id);
    return http::Response::with_json(200, encryption ? view_of(*encryption) : json::object{});
}

http::Response show_key(const Call& call) {
    auto tx = call.db().read();
    const auto view = view_of(get_encryption(tx, call));
    const auto& key = call.request.param("key");
    const auto* value = view.if_contains(key);
    if (value == nullptr) throw Error(ErrorCode::NotFound, "The encryption has no spec with key " + key + ".");
    json::object one;
    one[key] = *value;
    return http::Response::with_json(200, std::move(one));
}

http::Response create(const Call& call) {
    const auto body = body_object(call, "encryption");
    http::Fields fields(body, "encryption");
    TypeEncryption encryption;
    read_into(encryption, fields);
    auto tx = call.db().write();
    const auto type = repo::get_type(tx, call.request.param("type_id"));
    check_unused(tx, type);
    encryption.type_id = type.id;
    encryption.id = new_uuid();
    encryption.created_us = now_us();
    repo::insert(tx, encryption);
    tx.commit();
    return http::Response::with_json(200, json::object{{"encryption", words_of(encryption)}});
}

http::Response update(const Call& call) {
    const auto body = body_object(call, "encryption");
    auto tx = call.db().write();
    auto encryption = get_encryption(tx, call);
    check_unused(tx, repo::get_type(tx, encryption.type_id));
    http::Fields fields(body, "encryption");
    read_into(encryption, fields);
    encryption.updated_us = now_us();
    repo::update(tx, encryption);
    tx.commit();
    return http::Response::with_json(200, json::object{{"encryption", body}});
}

http::Response remove(const Call& call) {
    auto tx = call.db().write();
    const auto encryption = get_encryption(tx, call);
    check_unused(tx, repo::get_type(tx, encryption.type_id));
    repo::delete_encryption(tx, encryption.type_id);
    tx.commit();
    return http::Response::empty(202);
}

}  // namespace

// Clients name the record by its id, by "provider" or by the type: a type has one at most.
void register_type_encryption(Routes& routes) {
    routes.add("GET", "/types/{type_id}/encryption", "volume_extension:volume_type_encryption:get", show);
    routes.add("POST", "/types/{type_id}/encryption", "volume_extension:volume_type_encryption:create", create);
    routes.add("GET", "/types/{type_id}/encryption/{key}", "volume_extension:volume_type_encryption:get", show_key);
    routes.add("PUT", "/types/{type_id}/encryption/{key}", "volume_extension:volume_type_encryption:update", update);
    routes.add("DELETE", "/types/{type_id}/encryption/{key}", "volume_extension:volume_type_encryption:delete", remove);
}

}  // namespace virga::volume::api
