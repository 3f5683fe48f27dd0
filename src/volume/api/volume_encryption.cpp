#include "volume/api/api.hpp"
#include "volume/repo/encryption_repo.hpp"

/// How a volume is encrypted: what its type says.
namespace virga::volume::api {
namespace {

json::object view_of(db::Transaction& tx, const Call& call) {
    const auto volume = own_volume(tx, call, call.request.param("volume_id"));
    json::object view{{"encryption_key_id", string_or_null(volume.encryption_key_id)}};
    const auto encryption = repo::find_encryption(tx, volume.type_id);
    if (!encryption) return view;
    view["provider"] = encryption->provider;
    view["cipher"] = optional_or_null(encryption->cipher);
    view["key_size"] = optional_or_null(encryption->key_size);
    view["control_location"] = encryption->control_location;
    return view;
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    return http::Response::with_json(200, view_of(tx, call));
}

http::Response show_key(const Call& call) {
    auto tx = call.db().read();
    const auto view = view_of(tx, call);
    const auto& key = call.request.param("key");
    const auto* value = view.if_contains(key);
    if (value == nullptr) throw Error(ErrorCode::NotFound, "The volume has no encryption item " + key + ".");
    json::object one;
    one[key] = *value;
    return http::Response::with_json(200, std::move(one));
}

}  // namespace

void register_volume_encryption(Routes& routes) {
    routes.add("GET", "/volumes/{volume_id}/encryption", "volume_extension:volume_encryption_metadata", show);
    routes.add("GET", "/volumes/{volume_id}/encryption/{key}", "volume_extension:volume_encryption_metadata", show_key);
}

}  // namespace virga::volume::api
