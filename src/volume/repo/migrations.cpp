#include "volume/service.hpp"

namespace virga::volume {
namespace {

constexpr const char* kVolumes = R"(
CREATE TABLE volumes (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL, user_id TEXT NOT NULL,
    name TEXT NOT NULL, description TEXT NOT NULL, size_gib BIGINT NOT NULL,
    status TEXT NOT NULL, attach_status TEXT NOT NULL, bootable BIGINT NOT NULL, multiattach BIGINT NOT NULL,
    volume_type_id TEXT NOT NULL, availability_zone TEXT NOT NULL,
    host TEXT NOT NULL, backend TEXT NOT NULL, host_local BIGINT NOT NULL, path TEXT NOT NULL, format TEXT NOT NULL,
    image_id TEXT NOT NULL, snapshot_id TEXT NOT NULL, source_volid TEXT NOT NULL,
    metadata TEXT NOT NULL, image_metadata TEXT NOT NULL, created_for TEXT NOT NULL,
    group_id TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL, flow_id TEXT NOT NULL,
    created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL, launched_us BIGINT NOT NULL))";

constexpr const char* kSnapshots = R"(
CREATE TABLE volume_snapshots (
    id TEXT PRIMARY KEY, volume_id TEXT NOT NULL, project_id TEXT NOT NULL, user_id TEXT NOT NULL,
    name TEXT NOT NULL, description TEXT NOT NULL, size_gib BIGINT NOT NULL, status TEXT NOT NULL,
    metadata TEXT NOT NULL, bootable BIGINT NOT NULL, image_metadata TEXT NOT NULL, progress TEXT NOT NULL,
    group_snapshot_id TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL, flow_id TEXT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL))";

constexpr const char* kAttachments = R"(
CREATE TABLE volume_attachments (
    id TEXT PRIMARY KEY, volume_id TEXT NOT NULL, project_id TEXT NOT NULL, server_id TEXT NOT NULL,
    attach_status TEXT NOT NULL, mode TEXT NOT NULL, device TEXT NOT NULL, host TEXT NOT NULL,
    connection_info TEXT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL,
    attached_us BIGINT NOT NULL))";

constexpr const char* kTypes = R"(
CREATE TABLE volume_types (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL, is_public BIGINT NOT NULL,
    extra_specs TEXT NOT NULL, qos_specs_id TEXT NOT NULL, created_us BIGINT NOT NULL))";

/// Projects that may use a private type.
constexpr const char* kTypeAccess = R"(
CREATE TABLE volume_type_access (
    volume_type_id TEXT NOT NULL, project_id TEXT NOT NULL,
    PRIMARY KEY (volume_type_id, project_id)))";

constexpr const char* kTypeEncryption = R"(
CREATE TABLE volume_type_encryption (
    volume_type_id TEXT PRIMARY KEY, encryption_id TEXT NOT NULL, provider TEXT NOT NULL, cipher TEXT,
    key_size BIGINT, control_location TEXT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL))";

/// Passphrases of encrypted volumes and backups, sealed with the master key.
constexpr const char* kKeys = R"(
CREATE TABLE volume_keys (id TEXT PRIMARY KEY, sealed TEXT NOT NULL, created_us BIGINT NOT NULL))";

constexpr const char* kQosSpecs = R"(
CREATE TABLE volume_qos_specs (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, consumer TEXT NOT NULL, specs TEXT NOT NULL,
    created_us BIGINT NOT NULL))";

/// The type of a project's volumes that name none.
constexpr const char* kDefaultTypes = R"(
CREATE TABLE volume_default_types (project_id TEXT PRIMARY KEY, volume_type_id TEXT NOT NULL))";

constexpr const char* kMessages = R"(
CREATE TABLE volume_messages (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL, request_id TEXT NOT NULL, resource_type TEXT NOT NULL,
    resource_id TEXT NOT NULL, event_id TEXT NOT NULL, message TEXT NOT NULL, created_us BIGINT NOT NULL))";

constexpr const char* kQuotas = R"(
CREATE TABLE volume_quotas (
    project_id TEXT NOT NULL, resource TEXT NOT NULL, volume_type_id TEXT NOT NULL, hard_limit BIGINT NOT NULL,
    PRIMARY KEY (project_id, resource, volume_type_id)))";

constexpr const char* kServices = R"(
CREATE TABLE volume_services (
    binary_name TEXT NOT NULL, host TEXT NOT NULL, disabled BIGINT NOT NULL, disabled_reason TEXT NOT NULL,
    frozen BIGINT NOT NULL, updated_us BIGINT NOT NULL, PRIMARY KEY (binary_name, host)))";

constexpr const char* kQuotaClasses = R"(
CREATE TABLE volume_quota_classes (
    class_name TEXT NOT NULL, resource TEXT NOT NULL, volume_type_id TEXT NOT NULL, hard_limit BIGINT NOT NULL,
    PRIMARY KEY (class_name, resource, volume_type_id)))";

constexpr const char* kBackups = R"(
CREATE TABLE volume_backups (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL, user_id TEXT NOT NULL, volume_id TEXT NOT NULL,
    snapshot_id TEXT NOT NULL, parent_id TEXT NOT NULL, data_id TEXT NOT NULL, name TEXT NOT NULL,
    description TEXT NOT NULL, container TEXT NOT NULL, availability_zone TEXT NOT NULL, host TEXT NOT NULL,
    size_gib BIGINT NOT NULL, status TEXT NOT NULL, fail_reason TEXT NOT NULL, object_count BIGINT NOT NULL,
    stored_bytes BIGINT NOT NULL, metadata TEXT NOT NULL, volume_facts TEXT NOT NULL, flow_id TEXT NOT NULL,
    data_timestamp_us BIGINT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL))";

constexpr const char* kTransfers = R"(
CREATE TABLE volume_transfers (
    id TEXT PRIMARY KEY, volume_id TEXT NOT NULL UNIQUE, project_id TEXT NOT NULL, name TEXT NOT NULL,
    no_snapshots BIGINT NOT NULL, salt TEXT NOT NULL, key_hash TEXT NOT NULL, created_us BIGINT NOT NULL))";

constexpr const char* kGroupTypes = R"(
CREATE TABLE volume_group_types (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL, is_public BIGINT NOT NULL,
    specs TEXT NOT NULL, created_us BIGINT NOT NULL))";

constexpr const char* kGroups = R"(
CREATE TABLE volume_groups (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL, user_id TEXT NOT NULL, name TEXT NOT NULL,
    description TEXT NOT NULL, status TEXT NOT NULL, group_type_id TEXT NOT NULL, volume_types TEXT NOT NULL,
    availability_zone TEXT NOT NULL, host TEXT NOT NULL, backend TEXT NOT NULL, group_snapshot_id TEXT NOT NULL,
    source_group_id TEXT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL))";

constexpr const char* kGroupSnapshots = R"(
CREATE TABLE volume_group_snapshots (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL, user_id TEXT NOT NULL, group_id TEXT NOT NULL,
    group_type_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, status TEXT NOT NULL,
    created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL))";

/// See repo::Claim.
constexpr const char* kClaims = R"(
CREATE TABLE volume_claims (
    id TEXT PRIMARY KEY, server_id TEXT NOT NULL, project_id TEXT NOT NULL, volume_type_id TEXT NOT NULL,
    size_gib BIGINT NOT NULL, snapshot_id TEXT NOT NULL, made BIGINT NOT NULL))";

/// See repo::ConnectionRecord.
constexpr const char* kConnections = R"(
CREATE TABLE volume_connections (
    volume_id TEXT NOT NULL, host TEXT NOT NULL, ending TEXT NOT NULL, created_us BIGINT NOT NULL,
    PRIMARY KEY (volume_id, host)))";

/// The read-only flag stood in the user's metadata: takes it out of there. In a JSON text, what a user wrote can't look
/// like a key, since its quotes are escaped.
std::string move_readonly(const std::string& value, const std::string& change) {
    const auto item = R"("readonly":")" + value + '"';
    return "UPDATE volumes SET " + change + ", metadata = REPLACE(REPLACE(REPLACE(metadata, '" + item + ",', ''), '," +
           item + "', ''), '" + item + "', '') WHERE metadata LIKE '%" + item + "%'";
}

}  // namespace

const std::vector<db::Migration>& migrations() {
    static const std::vector<db::Migration> all{
        {"volume",
         1,
         {kVolumes,
          kSnapshots,
          kAttachments,
          kTypes,
          kMessages,
          kQuotas,
          kBackups,
          kTypeAccess,
          kTypeEncryption,
          kQosSpecs,
          kDefaultTypes,
          kQuotaClasses,
          kServices,
          kTransfers,
          kGroupTypes,
          kGroups,
          kGroupSnapshots,
          "CREATE INDEX volume_groups_by_project ON volume_groups (project_id, created_us, id)",
          "CREATE INDEX volume_group_snapshots_by_project ON volume_group_snapshots (project_id, created_us, id)",
          "CREATE INDEX volume_group_snapshots_by_group ON volume_group_snapshots (group_id)",
          "CREATE INDEX volumes_by_group ON volumes (group_id)",
          "CREATE INDEX volume_snapshots_by_group_snapshot ON volume_snapshots (group_snapshot_id)",
          "CREATE INDEX volume_transfers_by_project ON volume_transfers (project_id, created_us, id)",
          "CREATE INDEX volume_backups_by_project ON volume_backups (project_id, created_us, id)",
          "CREATE INDEX volume_backups_by_volume ON volume_backups (volume_id)",
          "CREATE INDEX volume_backups_by_parent ON volume_backups (parent_id)",
          "CREATE INDEX volume_backups_by_data ON volume_backups (data_id)",
          "CREATE INDEX volumes_by_project ON volumes (project_id, created_us, id)",
          "CREATE INDEX volumes_by_snapshot ON volumes (snapshot_id)",
          "CREATE INDEX volumes_by_source ON volumes (source_volid)",
          "CREATE INDEX volumes_by_status ON volumes (status)",
          "CREATE INDEX volumes_by_type ON volumes (volume_type_id)",
          "CREATE INDEX volumes_by_backend ON volumes (host, backend)",
          "CREATE INDEX volume_snapshots_by_project ON volume_snapshots (project_id, created_us, id)",
          "CREATE INDEX volume_snapshots_by_volume ON volume_snapshots (volume_id)",
          "CREATE INDEX volume_attachments_by_volume ON volume_attachments (volume_id)",
          "CREATE INDEX volume_attachments_by_server ON volume_attachments (server_id)",
          "CREATE INDEX volume_messages_by_project ON volume_messages (project_id, created_us)"}},
        {"volume",
         2,
         {"ALTER TABLE volumes ADD COLUMN migration_status TEXT NOT NULL DEFAULT ''",
          "ALTER TABLE volumes ADD COLUMN other_host TEXT NOT NULL DEFAULT ''",
          "ALTER TABLE volumes ADD COLUMN other_backend TEXT NOT NULL DEFAULT ''",
          "ALTER TABLE volumes ADD COLUMN held_by TEXT NOT NULL DEFAULT ''",
          "CREATE INDEX volumes_by_other_backend ON volumes (other_host, other_backend)"}},
        {"volume",
         3,
         {kKeys, "ALTER TABLE volumes ADD COLUMN encryption_key_id TEXT NOT NULL DEFAULT ''",
          "ALTER TABLE volume_backups ADD COLUMN encryption_key_id TEXT NOT NULL DEFAULT ''",
          "CREATE INDEX volumes_by_key ON volumes (encryption_key_id)",
          "CREATE INDEX volume_backups_by_key ON volume_backups (encryption_key_id)"}},
        // From here on created_for names a server only as long as that is being built.
        {"volume",
         4,
         {kClaims, "CREATE INDEX volume_claims_by_project ON volume_claims (project_id)",
          "CREATE INDEX volume_claims_by_server ON volume_claims (server_id)",
          "CREATE INDEX volume_claims_by_snapshot ON volume_claims (snapshot_id)",
          "UPDATE volumes SET created_for = ''",
          "CREATE INDEX volumes_by_creator ON volumes (created_for) WHERE created_for <> ''",
          "ALTER TABLE volumes ADD COLUMN admin_metadata TEXT NOT NULL DEFAULT '{}'",
          move_readonly("True", "admin_metadata = '{\"readonly\":\"True\"}'"),
          move_readonly("False", "admin_metadata = '{\"readonly\":\"False\"}'")}},
        {"volume", 5, {"ALTER TABLE volume_attachments ADD COLUMN by_user BIGINT NOT NULL DEFAULT 0"}},
        // A group snapshot and its snapshots are of one project.
        {"volume",
         6,
         {"UPDATE volume_group_snapshots SET project_id = (SELECT g.project_id FROM volume_groups g WHERE g.id = "
          "group_id) WHERE group_id IN (SELECT id FROM volume_groups)",
          "UPDATE volume_snapshots SET group_snapshot_id = '' WHERE group_snapshot_id <> '' AND NOT EXISTS (SELECT 1 "
          "FROM volume_group_snapshots g WHERE g.id = volume_snapshots.group_snapshot_id AND g.project_id = "
          "volume_snapshots.project_id)"}},
        {"volume", 7, {kConnections}},
        {"volume", 8, {"CREATE TABLE volume_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)"}},
    };
    return all;
}

}  // namespace virga::volume
