#include "volume/repo/backup_repo.hpp"

#include "base/error.hpp"
#include "volume/repo/list_query.hpp"

namespace virga::volume::repo {
namespace {

constexpr const char* kSelect =
    "SELECT b.*, EXISTS (SELECT 1 FROM volume_backups c WHERE c.parent_id = b.data_id) AS has_dependents "
    "FROM volume_backups b";

BackupRecord record_of(const db::Row& row) {
    BackupRecord b;
    b.id = BackupId(row.text("id"));
    b.project = ProjectId(row.text("project_id"));
    b.user = UserId(row.text("user_id"));
    b.volume = VolumeId(row.text("volume_id"));
    b.snapshot = SnapshotId(row.text("snapshot_id"));
    b.data = row.text("data_id");
    b.parent = row.text("parent_id");
    b.name = row.text("name");
    b.description = row.text("description");
    b.container = row.text("container");
    b.availability_zone = row.text("availability_zone");
    b.host = row.text("host");
    b.size_gib = row.number("size_gib");
    b.status = lifecycle::state_of<BackupStatus>(row.text("status"));
    b.fail_reason = row.text("fail_reason");
    b.object_count = row.number("object_count");
    b.stored_bytes = row.number("stored_bytes");
    b.metadata = parse_object(row.text("metadata"));
    b.volume_facts = parse_object(row.text("volume_facts"));
    b.encryption_key_id = row.text("encryption_key_id");
    b.flow = FlowId(row.text("flow_id"));
    b.data_timestamp_us = row.number("data_timestamp_us");
    b.created_us = row.number("created_us");
    b.updated_us = row.number("updated_us");
    b.has_dependents = row.flag("has_dependents");
    return b;
}

std::vector<BackupRecord> records_of(const std::vector<db::Row>& rows) {
    std::vector<BackupRecord> out;
    out.reserve(rows.size());
    for (const auto& row : rows) out.push_back(record_of(row));
    return out;
}

void set(db::Transaction& tx, const BackupId& id, const std::string& column, db::Value value) {
    tx.exec("UPDATE volume_backups SET " + column + " = ?, updated_us = ? WHERE id = ?",
            {std::move(value), now_us(), id.value});
}

ListQuery query_of(const BackupFilter& filter) {
    ListQuery query(kSelect, "volume_backups", "b");
    query.visible_project(filter.project);
    query.equals("name", filter.name);
    query.equals("status", filter.status);
    query.equals("volume_id", filter.volume_id);
    query.equals("snapshot_id", filter.snapshot_id);
    if (!filter.name_like.empty())
        query.where("LOWER(b.name) LIKE LOWER(?) ESCAPE '\\'", {like_pattern(filter.name_like)});
    query.pairs("metadata", filter.metadata);
    for (const auto& [column, ascending] : filter.sort) query.sort(column, ascending);
    return query;
}

}  // namespace

void insert(db::Transaction& tx, const BackupRecord& b) {
    tx.exec(
        "INSERT INTO volume_backups (id, project_id, user_id, volume_id, snapshot_id, parent_id, data_id, name, "
        "description, container, availability_zone, host, size_gib, status, fail_reason, object_count, stored_bytes, "
        "metadata, volume_facts, encryption_key_id, flow_id, data_timestamp_us, created_us, updated_us) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {b.id.value,
         b.project.value,
         b.user.value,
         b.volume.value,
         b.snapshot.value,
         b.parent,
         b.data,
         b.name,
         b.description,
         b.container,
         b.availability_zone,
         b.host,
         b.size_gib,
         text_of(b.status),
         b.fail_reason,
         b.object_count,
         b.stored_bytes,
         json::serialize(b.metadata),
         json::serialize(b.volume_facts),
         b.encryption_key_id,
         b.flow.value,
         b.data_timestamp_us,
         b.created_us,
         b.updated_us});
}

std::optional<BackupRecord> find_backup(db::Transaction& tx, const BackupId& id) {
    const auto row = tx.query_one(std::string(kSelect) + " WHERE b.id = ?", {id.value});
    if (!row) return std::nullopt;
    return record_of(*row);
}

BackupRecord get_backup(db::Transaction& tx, const BackupId& id) {
    auto backup = find_backup(tx, id);
    if (!backup) throw Error(ErrorCode::NotFound, "Backup " + id.value + " could not be found.", {}, id.value);
    return *backup;
}

void delete_backup(db::Transaction& tx, const BackupId& id) {
    tx.exec(
        "DELETE FROM volume_keys WHERE id IN (SELECT encryption_key_id FROM volume_backups WHERE id = ?) AND NOT "
        "EXISTS "
        "(SELECT 1 FROM volume_backups b WHERE b.encryption_key_id = volume_keys.id AND b.id <> ?)",
        {id.value, id.value});
    tx.exec("DELETE FROM volume_backups WHERE id = ?", {id.value});
}

std::vector<BackupRecord> all_backups(db::Transaction& tx) {
    return records_of(tx.query(kSelect));
}

bool is_data_shared(db::Transaction& tx, const BackupRecord& backup) {
    return tx.scalar("SELECT COUNT(*) FROM volume_backups WHERE data_id = ? AND id <> ? AND status <> 'deleting'",
                     {backup.data, backup.id.value}) > 0;
}

void require_data(db::Transaction& tx, const std::string& data) {
    const auto records = [&](const char* status) {
        return tx.scalar(std::string("SELECT COUNT(*) FROM volume_backups WHERE data_id = ? AND status ") + status,
                         {data});
    };
    if (records("= 'deleting'") == 0 || records("<> 'deleting'") > 0) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid backup: the data of backup " + data + " are being deleted. Try again when that has ended.", {},
                data);
}

std::optional<BackupRecord> latest_backup(db::Transaction& tx, const VolumeId& volume, const ProjectId& project,
                                          const std::string& host, TimestampUs time) {
    const auto row = tx.query_one(
        std::string(kSelect) +
            " WHERE b.volume_id = ? AND b.project_id = ? AND b.host = ? AND b.status IN ('available', 'restoring') "
            "AND b.data_timestamp_us <= ? ORDER BY b.data_timestamp_us DESC, b.id DESC LIMIT 1",
        {volume.value, project.value, host, time});
    if (!row) return std::nullopt;
    return record_of(*row);
}

std::vector<BackupRecord> list_backups(db::Transaction& tx, const BackupFilter& filter) {
    auto query = query_of(filter);
    if (filter.marker) query.after(tx, *filter.marker);
    query.page(filter.limit, filter.offset);
    return records_of(query.run(tx));
}

std::int64_t count_backups(db::Transaction& tx, const BackupFilter& filter) {
    return query_of(filter).count(tx);
}

void set_result(db::Transaction& tx, const BackupId& id, std::int64_t object_count, std::int64_t stored_bytes) {
    tx.exec("UPDATE volume_backups SET object_count = ?, stored_bytes = ?, updated_us = ? WHERE id = ?",
            {object_count, stored_bytes, now_us(), id.value});
}

void set_found(db::Transaction& tx, const BackupRecord& b) {
    tx.exec(
        "UPDATE volume_backups SET volume_id = ?, parent_id = ?, size_gib = ?, object_count = ?, stored_bytes = ?, "
        "volume_facts = ?, encryption_key_id = ?, updated_us = ? WHERE id = ?",
        {b.volume.value, b.parent, b.size_gib, b.object_count, b.stored_bytes, json::serialize(b.volume_facts),
         b.encryption_key_id, now_us(), b.id.value});
}

void set_names(db::Transaction& tx, const BackupId& id, const std::string& name, const std::string& description) {
    tx.exec("UPDATE volume_backups SET name = ?, description = ?, updated_us = ? WHERE id = ?",
            {name, description, now_us(), id.value});
}

void set_metadata(db::Transaction& tx, const BackupId& id, const json::object& metadata) {
    set(tx, id, "metadata", json::serialize(metadata));
}

void set_fail_reason(db::Transaction& tx, const BackupId& id, const std::string& reason) {
    set(tx, id, "fail_reason", reason);
}

void set_flow(db::Transaction& tx, const BackupId& id, const FlowId& flow) {
    set(tx, id, "flow_id", flow.value);
}

std::vector<BackupId> busy_backups_of(db::Transaction& tx, const VolumeId& volume) {
    std::vector<BackupId> out;
    for (const auto& row :
         tx.query("SELECT id FROM volume_backups WHERE volume_id = ? AND status IN ('creating', 'deleting')",
                  {volume.value}))
        out.emplace_back(row.text("id"));
    return out;
}

}  // namespace virga::volume::repo
