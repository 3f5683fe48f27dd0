#include "volume/flows/backups.hpp"

#include <algorithm>

#include "volume/api/api.hpp"
#include "volume/api/filters.hpp"
#include "volume/flows/flows.hpp"
#include "volume/repo/backup_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/type_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::api {
namespace {

const identity::policy::Actions kActions{{"os-reset_status", "volume_extension:backup_admin_actions:reset_status"},
                                         {"os-force_delete", "volume_extension:backup_admin_actions:force_delete"}};
const identity::policy::Check kOwner(policies(), "backup:owner_attributes");

constexpr std::size_t kNameLength = 255;
constexpr int kUpdate = 9;
constexpr int kProject = 18;
constexpr int kLikeFilter = 34;
constexpr int kSortByName = 37;
constexpr int kMetadata = 43;
constexpr int kCount = 45;
constexpr int kZone = 51;
constexpr int kUser = 56;
constexpr int kEncryption = 64;

json::object summary(const Call& call, const BackupRecord& b) {
    return {{"id", b.id.value}, {"name", string_or_null(b.name)}, {"links", links_of(call, "/backups/" + b.id.value)}};
}

json::object detail(const Call& call, const BackupRecord& b) {
    auto view = summary(call, b);
    view["status"] = word(b.status);
    view["size"] = b.size_gib;
    view["object_count"] = b.object_count;
    view["volume_id"] = b.volume.value;
    view["snapshot_id"] = string_or_null(b.snapshot.value);
    view["container"] = string_or_null(b.container);
    view["description"] = string_or_null(b.description);
    view["availability_zone"] = b.availability_zone;
    view["fail_reason"] = string_or_null(b.fail_reason);
    view["is_incremental"] = b.is_incremental();
    view["has_dependent_backups"] = b.has_dependents;
    view["data_timestamp"] = time_or_null(b.data_timestamp_us);
    view["created_at"] = time_or_null(b.created_us);
    view["updated_at"] = time_or_null(b.updated_us);
    if (call.at_least(kProject) && kOwner.allows(call.auth))
        view["os-backup-project-attr:project_id"] = b.project.value;
    if (call.at_least(kMetadata)) view["metadata"] = b.metadata;
    if (call.at_least(kUser) && kOwner.allows(call.auth)) view["user_id"] = b.user.value;
    if (call.at_least(kEncryption) && !b.encryption_key_id.empty()) view["encryption_key_id"] = b.encryption_key_id;
    return view;
}

http::Response one(int status, json::object view) {
    return http::Response::with_json(status, json::object{{"backup", std::move(view)}});
}

BackupRecord own_backup(db::Transaction& tx, const Call& call) {
    const auto& id = call.request.param("backup_id");
    auto backup = repo::get_backup(tx, BackupId(id));
    if (call.auth.reaches(backup.project)) return backup;
    throw Error(ErrorCode::NotFound, "Backup " + id + " could not be found.", {}, id);
}

std::map<std::string, std::string, std::less<>> sort_columns(const Call& call) {
    std::map<std::string, std::string, std::less<>> columns{
        {"id", "id"},         {"status", "status"},         {"volume_id", "volume_id"},
        {"size", "size_gib"}, {"created_at", "created_us"}, {"updated_at", "updated_us"}};
    if (call.at_least(kSortByName)) columns["name"] = "name";
    return columns;
}

repo::BackupFilter filter_of(const Call& call) {
    const auto text = [&](std::string_view name) { return call.request.query_value(name).value_or(""); };
    repo::BackupFilter filter;
    filter.project = project_filter(call);
    filter.name = text("name");
    if (call.at_least(kLikeFilter)) filter.name_like = text("name~");
    filter.status = text("status");
    filter.volume_id = text("volume_id");
    filter.snapshot_id = text("snapshot_id");
    if (call.at_least(kMetadata)) filter.metadata = map_filter(call, "metadata");
    filter.sort = sort_of(call, sort_columns(call));
    const auto slice = slice_of(call);
    filter.marker = slice.marker;
    filter.limit = slice.limit;
    filter.offset = slice.offset;
    return filter;
}

http::Response list(const Call& call, bool detailed) {
    if (!check_filters(call, "backup")) return empty_list(call, "backups");
    const auto filter = filter_of(call);
    auto tx = call.db().read();
    const auto backups = repo::list_backups(tx, filter);
    json::array items;
    for (const auto& backup : backups) items.push_back(detailed ? detail(call, backup) : summary(call, backup));
    json::object body{{"backups", std::move(items)}};
    if (call.at_least(kCount) && call.flag("with_count")) body["count"] = repo::count_backups(tx, filter);
    add_next_link(body, call, "backups", backups.size(), slice_of(call),
                  backups.empty() ? "" : backups.back().id.value);
    return http::Response::with_json(200, std::move(body));
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    return one(200, detail(call, own_backup(tx, call)));
}

flows::NewBackup new_backup(const Call& call) {
    const auto body = body_object(call, "backup");
    http::Fields fields(body, "backup");
    flows::NewBackup request;
    request.id = new_id<BackupId>();
    request.volume = VolumeId(fields.required_uuid("volume_id"));
    request.snapshot = SnapshotId(fields.uuid("snapshot_id").value_or(""));
    request.name = read_text(fields, "name").value_or("");
    request.description = read_text(fields, "description").value_or("");
    request.container = fields.string("container", 0, kNameLength).value_or("");
    request.incremental = fields.boolean("incremental").value_or(false);
    request.force = fields.boolean("force").value_or(false);
    if (call.at_least(kMetadata)) request.metadata = fields.metadata("metadata").value_or(json::object{});
    if (call.at_least(kZone))
        request.availability_zone = fields.string("availability_zone", 0, kNameLength).value_or("");
    fields.finish();
    return request;
}

http::Response create(const Call& call) {
    const auto request = new_backup(call);
    auto tx = call.db().write();
    own_volume(tx, call, request.volume.value);
    if (!request.snapshot.empty()) own_snapshot(tx, call, request.snapshot.value);
    flows::create_backup(tx, call.context.d, call.auth, request);
    auto view = summary(call, repo::get_backup(tx, request.id));
    tx.commit();
    return one(202, std::move(view));
}

http::Response update(const Call& call) {
    const auto body = body_object(call, "backup");
    http::Fields fields(body, "backup");
    const auto name = read_text(fields, "name");
    const auto description = read_text(fields, "description");
    const auto metadata = call.at_least(kMetadata) ? fields.metadata("metadata") : std::nullopt;
    fields.finish();
    if (!name && !description && !metadata)
        throw Error(ErrorCode::InvalidInput, "backup: name, description or metadata must be given.");
    auto tx = call.db().write();
    const auto backup = own_backup(tx, call);
    repo::set_names(tx, backup.id, name.value_or(backup.name), description.value_or(backup.description));
    if (metadata) repo::set_metadata(tx, backup.id, *metadata);
    auto view = summary(call, repo::get_backup(tx, backup.id));
    if (call.at_least(kMetadata)) view["metadata"] = metadata.value_or(backup.metadata);
    tx.commit();
    return one(200, std::move(view));
}

http::Response remove(const Call& call) {
    auto tx = call.db().write();
    const auto backup = own_backup(tx, call);
    flows::delete_backup(tx, call.context.d, backup.id, call.auth.request_id, false);
    tx.commit();
    return http::Response::empty(202);
}

/// What is encrypted stays so: the type that the volume had. Empty: the default type.
std::string type_for(db::Transaction& tx, const BackupRecord& backup) {
    if (backup.encryption_key_id.empty()) return {};
    const auto name = get_string(backup.volume_facts, "volume_type");
    return repo::find_type(tx, name) ? name : std::string();
}

/// A new volume with what the backed-up one was called and said of itself.
VolumeRecord restore_to_new(db::Transaction& tx, const Call& call, const BackupRecord& backup,
                            const std::string& name) {
    NewVolume volume;
    volume.id = new_id<VolumeId>();
    volume.name = name.empty() ? "restore_backup_" + backup.id.value : name;
    volume.description = backup.description;
    volume.size_gib = backup.size_gib;
    volume.backup_id = backup.id.value;
    volume.volume_type = type_for(tx, backup);
    volume.metadata = get_object(backup.volume_facts, "metadata");
    flows::create_volume(tx, call.context.d, call.auth, volume, std::nullopt);
    return repo::get_volume(tx, volume.id);
}

/// null: into a new volume.
json::object restore_body(const Call& call) {
    const auto body = call.request.json_body();
    const auto* inner = body.if_contains("restore");
    if (body.size() == 1 && inner != nullptr && inner->is_null()) return {};
    return body_object(call, "restore");
}

http::Response restore(const Call& call) {
    const auto body = restore_body(call);
    http::Fields fields(body, "restore");
    const auto volume_id = fields.uuid("volume_id");
    const auto name = read_text(fields, "name").value_or("");
    fields.finish();
    auto tx = call.db().write();
    const auto backup = own_backup(tx, call);
    VolumeRecord volume;
    if (volume_id) {
        volume = own_volume(tx, call, *volume_id);
        flows::restore_backup(tx, call.context.d, call.auth, backup.id, volume.id);
    } else {
        volume = restore_to_new(tx, call, backup, name);
    }
    tx.commit();
    return http::Response::with_json(202, json::object{{"restore", json::object{{"backup_id", backup.id.value},
                                                                                {"volume_id", volume.id.value},
                                                                                {"volume_name", volume.name}}}});
}

http::Response reset_status(db::Transaction& tx, const BackupRecord& backup, const json::object& argument) {
    http::Fields fields(argument, "os-reset_status");
    const auto status = fields.required_string("status", 1, 64);
    fields.finish();
    const auto* to_status = lifecycle::change_to(backup_change::kResets, status);
    if (to_status == nullptr) fields.fail("status", "must be available or error");
    repo::try_change(tx, *to_status, backup.id);
    return http::Response::empty(202);
}

http::Response action(const Call& call) {
    const auto body = call.request.json_body();
    if (body.size() != 1) throw Error(ErrorCode::InvalidInput, "The body must name one action.");
    const std::string name(body.begin()->key());
    const auto& value = body.begin()->value();
    auto tx = call.db().write();
    const auto backup = own_backup(tx, call);
    if (name == "os-reset_status") {
        reset_status(tx, backup, value.is_object() ? value.get_object() : json::object{});
    } else if (name == "os-force_delete") {
        flows::delete_backup(tx, call.context.d, backup.id, call.auth.request_id, true);
    } else {
        throw Error(ErrorCode::InvalidInput, "There is no such action: " + name.substr(0, 64) + ".");
    }
    tx.commit();
    return http::Response::empty(202);
}

}  // namespace

void register_backups(Routes& routes) {
    routes.add("GET", "/backups", "backup:get_all", [](const Call& call) { return list(call, false); });
    routes.add("GET", "/backups/detail", "backup:get_all", [](const Call& call) { return list(call, true); });
    routes.add("POST", "/backups", "backup:create", create);
    routes.add("GET", "/backups/{backup_id}", "backup:get", show);
    routes.add("PUT", "/backups/{backup_id}", "backup:update", update, kUpdate);
    routes.add("DELETE", "/backups/{backup_id}", "backup:delete", remove);
    routes.add("POST", "/backups/{backup_id}/restore", "backup:restore", restore);
    routes.add("POST", "/backups/{backup_id}/action", kActions, action);
}

}  // namespace virga::volume::api
