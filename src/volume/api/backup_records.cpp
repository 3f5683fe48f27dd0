#include "base/crypto.hpp"
#include "volume/api/api.hpp"
#include "volume/flows/backups.hpp"
#include "volume/model/placement.hpp"
#include "volume/repo/backup_repo.hpp"

/// Export and import of a backup's record: what brings backups back after the database was lost.
namespace virga::volume::api {
namespace {

/// Clients expect the name of a driver in Cinder's form.
constexpr const char* kService = "cinder.backup.drivers.virga.DirectoryBackupDriver";
constexpr std::size_t kMaxUrl = 1U << 20U;

json::object record_of(const BackupRecord& b) {
    return {{"id", b.id.value},
            {"data_id", b.data},
            {"parent_id", b.parent},
            {"volume_id", b.volume.value},
            {"snapshot_id", b.snapshot.value},
            {"host", b.host},
            {"availability_zone", b.availability_zone},
            {"container", b.container},
            {"display_name", b.name},
            {"display_description", b.description},
            {"size", b.size_gib},
            {"metadata", b.metadata},
            {"data_timestamp_us", b.data_timestamp_us},
            {"created_us", b.created_us}};
}

http::Response export_record(const Call& call) {
    auto tx = call.db().read();
    const auto backup = repo::get_backup(tx, BackupId(call.request.param("backup_id")));
    if (backup.status != BackupStatus::Available) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid backup: the status of backup " + backup.id.value +
                        " must be available to export its record, but it is " + text_of(backup.status) + ".",
                    {}, backup.id.value);
    }
    return http::Response::with_json(
        200, json::object{
                 {"backup-record", json::object{{"backup_service", kService},
                                                {"backup_url", base64_encode(json::serialize(record_of(backup)))}}}});
}

json::object decoded(http::Fields& fields) {
    std::string text;
    if (!base64_decode(fields.required_string("backup_url", 1, kMaxUrl), text))
        fields.fail("backup_url", "is not what export_record gave (base64)");
    boost::system::error_code failure;
    auto value = json::parse(text, failure);
    if (failure || !value.is_object()) fields.fail("backup_url", "is not what export_record gave (a JSON object)");
    return std::move(value.get_object());
}

/// The host is the one that the record names, if it is there, or the only one with a directory.
std::string host_of(const Call& call, const std::string& named) {
    const auto backends = backends_of(call.context.d.hosts.hosts());
    for (const auto& backend : backends) {
        if (backend.host == named) return named;
    }
    if (backends.empty()) throw Error(ErrorCode::Unavailable, "No storage host is connected.");
    return backends.front().host;
}

BackupRecord backup_of(const Call& call, const json::object& record) {
    http::Fields fields(record, "backup-record.backup_url");
    BackupRecord b;
    b.id = BackupId(fields.required_uuid("id"));
    b.data = fields.uuid("data_id").value_or(b.id.value);
    b.volume = VolumeId(fields.required_uuid("volume_id"));
    if (const auto snapshot = fields.string("snapshot_id", 0, 36); snapshot && is_uuid_like(*snapshot))
        b.snapshot = SnapshotId(canonical_uuid(*snapshot));
    b.host = host_of(call, fields.string("host", 0, 255).value_or(""));
    b.availability_zone = fields.string("availability_zone", 0, 255).value_or("");
    b.container = fields.string("container", 0, 255).value_or("");
    b.name = fields.string("display_name", 0, 255).value_or("");
    b.description = fields.string("display_description", 0, 255).value_or("");
    b.size_gib = fields.required_integer("size", 1, 65'536);
    b.metadata = fields.metadata("metadata").value_or(json::object{});
    b.project = call.auth.project;
    b.user = call.auth.user;
    b.created_us = now_us();
    b.data_timestamp_us = fields.integer("data_timestamp_us", 0, b.created_us).value_or(b.created_us);
    return b;
}

http::Response import_record(const Call& call) {
    const auto body = body_object(call, "backup-record");
    http::Fields fields(body, "backup-record");
    if (fields.required_string("backup_service", 1, 255) != kService)
        fields.fail("backup_service", "is not one of this cloud's, which is " + std::string(kService));
    const auto backup = backup_of(call, decoded(fields));
    fields.finish();
    auto tx = call.db().write();
    flows::import_backup(tx, call.context.d, call.auth, backup);
    tx.commit();
    return http::Response::with_json(
        201, json::object{{"backup", json::object{{"id", backup.id.value},
                                                  {"name", string_or_null(backup.name)},
                                                  {"links", links_of(call, "/backups/" + backup.id.value)}}}});
}

}  // namespace

void register_backup_records(Routes& routes) {
    routes.add("GET", "/backups/{backup_id}/export_record", "backup:backup-export", export_record);
    routes.add("POST", "/backups/import_record", "backup:backup-import", import_record);
}

}  // namespace virga::volume::api
