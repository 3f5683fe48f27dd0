#include "volume/repo/snapshot_repo.hpp"

#include "volume/repo/list_query.hpp"

namespace virga::volume::repo {
namespace {

constexpr const char* kSelect = "SELECT s.* FROM volume_snapshots s";

SnapshotRecord record_of(const db::Row& row) {
    SnapshotRecord s;
    s.id = SnapshotId(row.text("id"));
    s.volume = VolumeId(row.text("volume_id"));
    s.project = ProjectId(row.text("project_id"));
    s.user = UserId(row.text("user_id"));
    s.name = row.text("name");
    s.description = row.text("description");
    s.size_gib = row.number("size_gib");
    s.status = lifecycle::state_of<SnapshotStatus>(row.text("status"));
    s.metadata = parse_object(row.text("metadata"));
    s.bootable = row.flag("bootable");
    s.image_metadata = parse_object(row.text("image_metadata"));
    s.progress = row.text("progress");
    s.group_snapshot_id = row.text("group_snapshot_id");
    s.error = row.text("error");
    s.flow = FlowId(row.text("flow_id"));
    s.created_us = row.number("created_us");
    s.updated_us = row.number("updated_us");
    return s;
}

std::vector<SnapshotRecord> records_of(const std::vector<db::Row>& rows) {
    std::vector<SnapshotRecord> out;
    out.reserve(rows.size());
    for (const auto& row : rows) out.push_back(record_of(row));
    return out;
}

void set(db::Transaction& tx, const SnapshotId& id, const std::string& column, db::Value value) {
    tx.exec("UPDATE volume_snapshots SET " + column + " = ?, updated_us = ? WHERE id = ?",
            {std::move(value), now_us(), id.value});
}

ListQuery query_of(const SnapshotFilter& filter) {
    ListQuery query(kSelect, "volume_snapshots", "s");
    query.visible_project(filter.project);
    query.equals("name", filter.name);
    query.equals("status", filter.status);
    query.equals("volume_id", filter.volume_id);
    if (!filter.name_like.empty())
        query.where("LOWER(s.name) LIKE LOWER(?) ESCAPE '\\'", {like_pattern(filter.name_like)});
    query.equals("user_id", filter.user);
    if (!filter.availability_zone.empty()) {
        query.where("s.volume_id IN (SELECT id FROM volumes WHERE availability_zone = ?)", {filter.availability_zone});
    }
    for (const auto& [condition, time] : filter.times) query.where(condition, {time});
    if (filter.nothing) query.where("1 = 0");
    query.pairs("metadata", filter.metadata);
    for (const auto& [column, ascending] : filter.sort) query.sort(column, ascending);
    return query;
}

}  // namespace

void insert(db::Transaction& tx, const SnapshotRecord& s) {
    tx.exec(
        "INSERT INTO volume_snapshots (id, volume_id, project_id, user_id, name, description, size_gib, status, "
        "metadata, bootable, image_metadata, progress, group_snapshot_id, error, flow_id, created_us, updated_us) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {s.id.value, s.volume.value, s.project.value, s.user.value, s.name, s.description, s.size_gib,
         text_of(s.status), json::serialize(s.metadata), std::int64_t{s.bootable}, json::serialize(s.image_metadata),
         s.progress, s.group_snapshot_id, s.error, s.flow.value, s.created_us, s.updated_us});
}

std::optional<SnapshotRecord> find_snapshot(db::Transaction& tx, const SnapshotId& id) {
    const auto row = tx.query_one(std::string(kSelect) + " WHERE s.id = ?", {id.value});
    if (!row) return std::nullopt;
    return record_of(*row);
}

SnapshotRecord get_snapshot(db::Transaction& tx, const SnapshotId& id) {
    auto snapshot = find_snapshot(tx, id);
    if (!snapshot) throw Error(ErrorCode::NotFound, "Snapshot " + id.value + " could not be found.", {}, id.value);
    return *snapshot;
}

void delete_snapshot(db::Transaction& tx, const SnapshotId& id) {
    tx.exec("DELETE FROM volume_snapshots WHERE id = ?", {id.value});
}

std::vector<SnapshotRecord> all_snapshots(db::Transaction& tx) {
    return records_of(tx.query(kSelect));
}

std::vector<SnapshotRecord> snapshots_of(db::Transaction& tx, const VolumeId& volume) {
    return records_of(
        tx.query(std::string(kSelect) + " WHERE s.volume_id = ? ORDER BY s.created_us, s.id", {volume.value}));
}

std::vector<SnapshotRecord> own_snapshots_of(db::Transaction& tx, const VolumeRecord& volume) {
    auto snapshots = snapshots_of(tx, volume.id);
    std::erase_if(snapshots, [&](const SnapshotRecord& snapshot) { return snapshot.project != volume.project; });
    return snapshots;
}

std::vector<SnapshotRecord> list_snapshots(db::Transaction& tx, const SnapshotFilter& filter) {
    auto query = query_of(filter);
    if (filter.marker) query.after(tx, *filter.marker);
    query.page(filter.limit, filter.offset);
    return records_of(query.run(tx));
}

std::int64_t count_snapshots(db::Transaction& tx, const SnapshotFilter& filter) {
    return query_of(filter).count(tx);
}

void set_names(db::Transaction& tx, const SnapshotId& id, const std::string& name, const std::string& description) {
    tx.exec("UPDATE volume_snapshots SET name = ?, description = ?, updated_us = ? WHERE id = ?",
            {name, description, now_us(), id.value});
}

void set_metadata(db::Transaction& tx, const SnapshotId& id, const json::object& metadata) {
    set(tx, id, "metadata", json::serialize(metadata));
}

void set_progress(db::Transaction& tx, const SnapshotId& id, const std::string& progress) {
    set(tx, id, "progress", progress);
}

void set_error(db::Transaction& tx, const SnapshotId& id, const std::string& reason) {
    set(tx, id, "error", reason);
}
void set_flow(db::Transaction& tx, const SnapshotId& id, const FlowId& flow) {
    set(tx, id, "flow_id", flow.value);
}

}  // namespace virga::volume::repo
