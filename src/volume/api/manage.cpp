#include "volume/api/manageable.hpp"
#include "volume/api/volume_view.hpp"
#include "volume/repo/encryption_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/type_repo.hpp"
#include "volume/repo/volume_repo.hpp"
#include "volume/settings.hpp"

/// Taking over what lies on a backend (administrators).
namespace virga::volume::api {
namespace {

constexpr int kManageable = 8;  ///< /manageable_volumes and /manageable_snapshots; the other paths are older
constexpr std::size_t kNameLength = 255;
constexpr const char* kVolumes = "manageable-volumes";
constexpr const char* kSnapshots = "manageable-snapshots";

VolumeType type_of(db::Transaction& tx, const Call& call, const std::string& wanted) {
    const auto name = wanted.empty() ? call.context.d.config.get(setting::default_type) : wanted;
    auto type = repo::find_type(tx, name);
    if (!type) throw Error(ErrorCode::InvalidInput, "volume.volume_type: there is no volume type '" + name + "'.");
    return std::move(*type);
}

/// As in Cinder, a backend that isn't there can't be asked to manage anything.
flows::BackendPlace place_of(const Call& call, const http::Fields& fields, const std::string& host) {
    try {
        return flows::backend_of(call.context.d, host);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::NotFound) throw;
        fields.fail("host", "there is no backend '" + host + "'");
    }
}

http::Response manage_volume(const Call& call) {
    const auto body = body_object(call, "volume");
    http::Fields fields(body, "volume");
    const auto host = fields.required_string("host", 1, kNameLength);
    const auto ref = source_ref(fields);
    VolumeRecord volume;
    volume.name = read_text(fields, "name").value_or("");
    volume.description = read_text(fields, "description").value_or("");
    volume.metadata = users_metadata(fields.metadata("metadata").value_or(json::object{}));
    volume.bootable = fields.boolean("bootable").value_or(false);
    const auto type = fields.string("volume_type", 0, kNameLength).value_or("");
    const auto zone = fields.string("availability_zone", 0, kNameLength).value_or("");
    fields.finish();
    const auto place = place_of(call, fields, host);
    if (!zone.empty() && zone != place.zone) fields.fail("availability_zone", "the backend is in " + place.zone);
    const auto item = required_item(flows::manageable(call.context.d, place, call.auth.request_id), ref.name);
    if (!item.volume.empty()) fields.fail("ref", "names a snapshot");
    volume.size_gib = item.size_gib;
    volume.host = place.host;
    volume.backend = place.backend;
    volume.host_local = place.host_local;
    volume.availability_zone = place.zone;
    auto tx = call.db().write();
    const auto chosen = type_of(tx, call, type);
    if (repo::find_encryption(tx, chosen.id)) {
        fields.fail("volume_type",
                    "volumes of type " + chosen.name + " are encrypted: a disk can't become one of these");
    }
    volume.type_id = chosen.id;
    volume.volume_type = chosen.name;
    volume.multiattach = chosen.multiattach();
    const auto flow = flows::manage_volume(tx, call.context.d, call.auth, volume, ref.name, ref.format);
    const auto made = repo::get_volume(tx, VolumeId(call.context.d.runner.find(tx, flow)->resource));
    auto view = volume_detail(made, {}, {call.version.minor, true, links_of(call, "/volumes/" + made.id.value)});
    tx.commit();
    return http::Response::with_json(202, json::object{{"volume", std::move(view)}});
}

http::Response manage_snapshot(const Call& call) {
    const auto body = body_object(call, "snapshot");
    http::Fields fields(body, "snapshot");
    SnapshotRecord snapshot;
    snapshot.volume = VolumeId(fields.required_uuid("volume_id"));
    const auto ref = source_ref(fields);
    snapshot.name = read_text(fields, "name").value_or("");
    snapshot.description = read_text(fields, "description").value_or("");
    snapshot.metadata = fields.metadata("metadata").value_or(json::object{});
    fields.finish();
    const auto volume =
        call.db().read_with([&](db::Transaction& tx) { return own_volume(tx, call, snapshot.volume.value); });
    if (volume.host.empty()) fields.fail("volume_id", "the volume is on no backend yet");
    auto items = flows::manageable(call.context.d, {volume.host, volume.backend, {}}, call.auth.request_id);
    std::erase_if(items, [&](const flows::ManageableItem& item) { return item.volume != volume.id.value; });
    snapshot.size_gib = required_item(items, ref.name).size_gib;
    auto tx = call.db().write();
    own_volume(tx, call, snapshot.volume.value);  // once more: the host took its time
    const auto flow = flows::manage_snapshot(tx, call.context.d, call.auth, snapshot, ref.name);
    const auto made = repo::get_snapshot(tx, SnapshotId(call.context.d.runner.find(tx, flow)->resource));
    tx.commit();
    return http::Response::with_json(
        202, json::object{{"snapshot", json::object{{"id", made.id.value},
                                                    {"name", made.name},
                                                    {"description", string_or_null(made.description)},
                                                    {"volume_id", made.volume.value},
                                                    {"status", word(made.status)},
                                                    {"size", made.size_gib},
                                                    {"metadata", made.metadata},
                                                    {"created_at", time_or_null(made.created_us)},
                                                    {"updated_at", time_or_null(made.updated_us)}}}});
}

/// Asks a storage host before anything else.
CallHandler waits(CallHandler handler) {
    return [handler = std::move(handler)](const Call& call) {
        return waiting_for(call, "storage that isn't managed", handler);
    };
}

CallHandler lister(const char* key, bool snapshots, bool detailed) {
    return waits([=](const Call& call) { return list_manageable(call, key, snapshots, detailed); });
}

}  // namespace

void register_manage(Routes& routes) {
    for (const auto& [path, minimum] :
         {std::pair{"/os-volume-manage", 0}, std::pair{"/manageable_volumes", kManageable}}) {
        routes.add("POST", path, "volume_extension:volume_manage", waits(manage_volume), minimum);
        routes.add("GET", path, "volume_extension:list_manageable", lister(kVolumes, false, false), minimum);
        routes.add("GET", std::string(path) + "/detail", "volume_extension:list_manageable",
                   lister(kVolumes, false, true), minimum);
    }
    for (const auto& [path, minimum] :
         {std::pair{"/os-snapshot-manage", 0}, std::pair{"/manageable_snapshots", kManageable}}) {
        routes.add("POST", path, "snapshot_extension:snapshot_manage", waits(manage_snapshot), minimum);
        routes.add("GET", path, "snapshot_extension:list_manageable", lister(kSnapshots, true, false), minimum);
        routes.add("GET", std::string(path) + "/detail", "snapshot_extension:list_manageable",
                   lister(kSnapshots, true, true), minimum);
    }
}

}  // namespace virga::volume::api
