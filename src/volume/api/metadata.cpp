#include "volume/api/metadata.hpp"

#include <algorithm>

#include "base/crypto.hpp"

namespace virga::volume::api {
namespace {

std::string etag_of(const json::object& metadata) {
    return hash_hex(HashAlgorithm::Md5, json::serialize(metadata));
}

http::Response whole(const Call& call, const MetadataStore& store, const json::object& metadata) {
    auto response = http::Response::with_json(200, json::object{{"metadata", metadata}});
    if (store.etag_minor > 0 && call.at_least(store.etag_minor)) {
        response.headers.set("ETag", '"' + etag_of(metadata) + '"');
    }
    return response;
}

/// The metadata that a change starts from, which must be what the client saw if it says so.
json::object read_for_change(db::Transaction& tx, const Call& call, const MetadataStore& store) {
    auto metadata = store.read(tx, call);
    const auto wanted = call.request.headers.get(http::RequestHeader::IfMatch);
    if (store.etag_minor == 0 || !call.at_least(store.etag_minor) || wanted.empty() || wanted == "*") return metadata;
    if (wanted.find(etag_of(metadata)) == std::string_view::npos) {
        throw http::StatusError(412, "The metadata changed meanwhile: If-Match names another ETag than it has now.");
    }
    return metadata;
}

json::object metadata_of(const Call& call, const std::string& name) {
    const auto body = call.request.json_body();
    http::Fields fields(body, "");
    auto metadata = fields.metadata(name);
    if (!metadata) fields.fail(name, "is required");
    fields.finish();
    return *metadata;
}

[[noreturn]] void no_such_key(const std::string& key) {
    throw Error(ErrorCode::NotFound, "Metadata item " + key + " was not found.");
}

http::Response change(const Call& call, const MetadataStore& store, bool replace) {
    const auto given = metadata_of(call, "metadata");
    auto tx = call.db().write();
    auto metadata = read_for_change(tx, call, store);
    if (replace) metadata.clear();
    for (const auto& item : given) metadata[item.key()] = item.value();
    for (const auto& name : store.reserved) metadata.erase(name);
    check_items(metadata, "metadata");
    store.write(tx, call, metadata);
    tx.commit();
    return whole(call, store, metadata);
}

http::Response show_key(const Call& call, const MetadataStore& store) {
    auto tx = call.db().read();
    const auto metadata = store.read(tx, call);
    const auto& key = call.request.param("key");
    const auto* value = metadata.if_contains(key);
    if (value == nullptr) no_such_key(key);
    json::object meta;
    meta[key] = *value;
    return http::Response::with_json(200, json::object{{"meta", std::move(meta)}});
}

http::Response set_key(const Call& call, const MetadataStore& store) {
    const auto given = metadata_of(call, "meta");
    const auto& key = call.request.param("key");
    if (given.size() != 1 || !given.contains(key)) {
        throw Error(ErrorCode::InvalidInput, "meta: must hold just the key '" + key + "' of the URL.");
    }
    if (std::find(store.reserved.begin(), store.reserved.end(), key) != store.reserved.end()) {
        throw Error(ErrorCode::InvalidInput, "meta: '" + key + "' is set by an action of its own, not as metadata.");
    }
    auto tx = call.db().write();
    auto metadata = read_for_change(tx, call, store);
    metadata[key] = given.at(key);
    check_items(metadata, "metadata");
    store.write(tx, call, metadata);
    tx.commit();
    return http::Response::with_json(200, json::object{{"meta", given}});
}

http::Response remove_key(const Call& call, const MetadataStore& store) {
    auto tx = call.db().write();
    auto metadata = read_for_change(tx, call, store);
    const auto& key = call.request.param("key");
    if (metadata.erase(key) == 0) no_such_key(key);
    store.write(tx, call, metadata);
    tx.commit();
    return http::Response::empty(200);
}

}  // namespace

void check_items(const json::object& items, const std::string& name, std::size_t most) {
    if (items.size() <= most) return;
    throw Error(ErrorCode::QuotaExceeded, name + ": at most " + std::to_string(most) + " items are allowed.");
}

void register_metadata(Routes& routes, const MetadataStore& store) {
    const auto key_path = store.path + "/{key}";
    routes.add("GET", store.path, store.get, [store](const Call& call) {
        auto tx = call.db().read();
        return whole(call, store, store.read(tx, call));
    });
    routes.add("POST", store.path, store.create, [store](const Call& call) { return change(call, store, false); });
    routes.add("PUT", store.path, store.update, [store](const Call& call) { return change(call, store, true); });
    routes.add("GET", key_path, store.get, [store](const Call& call) { return show_key(call, store); });
    routes.add("PUT", key_path, store.update, [store](const Call& call) { return set_key(call, store); });
    routes.add("DELETE", key_path, store.remove, [store](const Call& call) { return remove_key(call, store); });
}

}  // namespace virga::volume::api
