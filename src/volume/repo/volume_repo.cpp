#include "volume/repo/volume_repo.hpp"

#include "db/conditions.hpp"
#include "volume/repo/list_query.hpp"

namespace virga::volume::repo {
namespace {

constexpr const char* kSelect =
    "SELECT v.*, t.name AS type_name FROM volumes v LEFT JOIN volume_types t ON t.id = v.volume_type_id";

/// Most rows have no metadata: parsing them would be half the cost of a list.
json::object object_of(const std::string& text) {
    return text == "{}" ? json::object{} : parse_object(text);
}

VolumeRecord record_of(const db::Row& row) {
    VolumeRecord v;
    v.id = VolumeId(row.text("id"));
    v.project = ProjectId(row.text("project_id"));
    v.user = UserId(row.text("user_id"));
    v.name = row.text("name");
    v.description = row.text("description");
    v.size_gib = row.number("size_gib");
    v.status = lifecycle::state_of<VolumeStatus>(row.text("status"));
    v.attach_status = lifecycle::state_of<AttachStatus>(row.text("attach_status"));
    v.bootable = row.flag("bootable");
    v.multiattach = row.flag("multiattach");
    v.type_id = row.text("volume_type_id");
    v.volume_type = row.text("type_name");
    v.availability_zone = row.text("availability_zone");
    v.host = row.text("host");
    v.backend = row.text("backend");
    v.host_local = row.flag("host_local");
    v.path = row.text("path");
    v.format = row.text("format");
    v.image_id = row.text("image_id");
    v.snapshot_id = row.text("snapshot_id");
    v.source_volid = row.text("source_volid");
    v.metadata = object_of(row.text("metadata"));
    v.admin_metadata = object_of(row.text("admin_metadata"));
    v.image_metadata = object_of(row.text("image_metadata"));
    v.created_for = ServerId(row.text("created_for"));
    v.encryption_key_id = row.text("encryption_key_id");
    v.group_id = row.text("group_id");
    v.migration_status = lifecycle::state_of<MigrationStatus>(row.text("migration_status"));
    v.other_host = row.text("other_host");
    v.other_backend = row.text("other_backend");
    v.error = row.text("error");
    v.flow = FlowId(row.text("flow_id"));
    v.created_us = row.number("created_us");
    v.updated_us = row.number("updated_us");
    v.launched_us = row.number("launched_us");
    return v;
}

std::vector<VolumeRecord> records_of(const std::vector<db::Row>& rows) {
    std::vector<VolumeRecord> out;
    out.reserve(rows.size());
    for (const auto& row : rows) out.push_back(record_of(row));
    return out;
}

/// Sets one column of a row that may be gone (then nothing happens).
void set(db::Transaction& tx, const VolumeId& id, const std::string& column, db::Value value) {
    tx.exec("UPDATE volumes SET " + column + " = ?, updated_us = ? WHERE id = ?",
            {std::move(value), now_us(), id.value});
}

void where_host(ListQuery& query, const std::string& label) {
    if (label.empty()) return;
    const auto at = label.find('@');
    query.equals("host", label.substr(0, at));
    if (at == std::string::npos) return;
    const auto rest = label.substr(at + 1);
    query.equals("backend", rest.substr(0, rest.find('#')));
}

void where_ids(ListQuery& query, const std::vector<std::string>& ids) {
    if (ids.empty()) return;
    auto condition = db::in_list("v.id", db::Params(ids.begin(), ids.end()));
    query.where(condition.sql, std::move(condition.params));
}

ListQuery query_of(const VolumeFilter& filter) {
    ListQuery query(kSelect, "volumes", "v");
    query.visible_project(filter.project);
    query.equals("user_id", filter.user);
    query.equals("name", filter.name);
    query.equals("description", filter.description);
    query.equals("status", filter.status);
    query.equals("availability_zone", filter.availability_zone);
    query.equals("snapshot_id", filter.snapshot_id);
    query.equals("source_volid", filter.source_volid);
    query.equals("attach_status", filter.attach_status);
    query.equals("group_id", filter.group_id);
    query.equals("migration_status", filter.migration_status);
    if (!filter.name_like.empty())
        query.where("LOWER(v.name) LIKE LOWER(?) ESCAPE '\\'", {like_pattern(filter.name_like)});
    if (!filter.size.empty()) query.where("CAST(v.size_gib AS TEXT) = ?", {filter.size});
    if (!filter.bootable.empty()) query.where(filter.bootable == "1" ? "v.bootable <> 0" : "v.bootable = 0");
    if (!filter.multiattach.empty())
        query.where(filter.multiattach == "1" ? "v.multiattach <> 0" : "v.multiattach = 0");
    if (!filter.volume_type.empty()) {
        query.where("v.volume_type_id IN (SELECT id FROM volume_types WHERE id = ? OR name = ?)",
                    {filter.volume_type, filter.volume_type});
    }
    for (const auto& [condition, time] : filter.times) query.where(condition, {time});
    if (filter.nothing) query.where("1 = 0");
    where_host(query, filter.host);
    where_ids(query, filter.ids);
    query.pairs("metadata", filter.metadata);
    query.pairs("image_metadata", filter.image_metadata);
    for (const auto& [column, ascending] : filter.sort) query.sort(column, ascending);
    return query;
}

}  // namespace

void insert(db::Transaction& tx, const VolumeRecord& v) {
    tx.exec(
        "INSERT INTO volumes (id, project_id, user_id, name, description, size_gib, status, attach_status, bootable, "
        "multiattach, volume_type_id, availability_zone, host, backend, host_local, path, format, image_id, "
        "snapshot_id, source_volid, metadata, image_metadata, created_for, encryption_key_id, group_id, error, "
        "flow_id, "
        "created_us, updated_us, launched_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {v.id.value,
         v.project.value,
         v.user.value,
         v.name,
         v.description,
         v.size_gib,
         text_of(v.status),
         text_of(v.attach_status),
         std::int64_t{v.bootable},
         std::int64_t{v.multiattach},
         v.type_id,
         v.availability_zone,
         v.host,
         v.backend,
         std::int64_t{v.host_local},
         v.path,
         v.format,
         v.image_id,
         v.snapshot_id,
         v.source_volid,
         json::serialize(v.metadata),
         json::serialize(v.image_metadata),
         v.created_for.value,
         v.encryption_key_id,
         v.group_id,
         v.error,
         v.flow.value,
         v.created_us,
         v.updated_us,
         v.launched_us});
}

std::optional<VolumeRecord> find_volume(db::Transaction& tx, const VolumeId& id) {
    const auto row = tx.query_one(std::string(kSelect) + " WHERE v.id = ?", {id.value});
    if (!row) return std::nullopt;
    return record_of(*row);
}

VolumeRecord get_volume(db::Transaction& tx, const VolumeId& id) {
    auto volume = find_volume(tx, id);
    if (!volume) throw Error(ErrorCode::NotFound, "Volume " + id.value + " could not be found.", {}, id.value);
    return *volume;
}

void delete_volume(db::Transaction& tx, const VolumeId& id) {
    tx.exec("DELETE FROM volume_attachments WHERE volume_id = ?", {id.value});
    tx.exec("DELETE FROM volume_connections WHERE volume_id = ?", {id.value});
    tx.exec("DELETE FROM volume_transfers WHERE volume_id = ?", {id.value});
    tx.exec("DELETE FROM volume_keys WHERE id IN (SELECT encryption_key_id FROM volumes WHERE id = ?)", {id.value});
    tx.exec("DELETE FROM volumes WHERE id = ?", {id.value});
}

std::map<std::string, std::string> encryption_keys(db::Transaction& tx, const std::set<std::string>& volumes) {
    std::map<std::string, std::string> keys;
    const auto among = db::in_list("id", db::Params(volumes.begin(), volumes.end()));
    for (const auto& row : tx.query(
             "SELECT id, encryption_key_id FROM volumes WHERE encryption_key_id <> '' AND " + among.sql, among.params))
        keys[row.text("id")] = row.text("encryption_key_id");
    return keys;
}

std::vector<VolumeRecord> all_volumes(db::Transaction& tx) {
    return records_of(tx.query(kSelect));
}

std::vector<VolumeRecord> list_volumes(db::Transaction& tx, const VolumeFilter& filter) {
    auto query = query_of(filter);
    if (filter.marker) query.after(tx, *filter.marker);
    query.page(filter.limit, filter.offset);
    return records_of(query.run(tx));
}

std::int64_t count_volumes(db::Transaction& tx, const VolumeFilter& filter) {
    return query_of(filter).count(tx);
}

void set_placement(db::Transaction& tx, const VolumeId& id, const std::string& host, const std::string& backend,
                   bool host_local) {
    tx.exec("UPDATE volumes SET host = ?, backend = ?, host_local = ? WHERE id = ?",
            {host, backend, std::int64_t{host_local}, id.value});
}

void set_file(db::Transaction& tx, const VolumeId& id, const VolumeFile& file) {
    tx.exec("UPDATE volumes SET path = ?, format = ? WHERE id = ?", {file.path, file.format, id.value});
}

void replace_file(db::Transaction& tx, const VolumeId& id, const std::string& old_path, const VolumeFile& file) {
    tx.exec("UPDATE volumes SET path = ?, format = ? WHERE id = ? AND path = ?",
            {file.path, file.format, id.value, old_path});
}

void set_size(db::Transaction& tx, const VolumeId& id, std::int64_t size_gib) {
    set(tx, id, "size_gib", size_gib);
}
void set_launched(db::Transaction& tx, const VolumeId& id, TimestampUs time) {
    set(tx, id, "launched_us", time);
}
void set_error(db::Transaction& tx, const VolumeId& id, const std::string& reason) {
    set(tx, id, "error", reason);
}
void set_flow(db::Transaction& tx, const VolumeId& id, const FlowId& flow) {
    set(tx, id, "flow_id", flow.value);
}

void set_type(db::Transaction& tx, const VolumeId& id, const std::string& type_id, bool multiattach) {
    tx.exec("UPDATE volumes SET volume_type_id = ?, multiattach = ?, updated_us = ? WHERE id = ?",
            {type_id, std::int64_t{multiattach}, now_us(), id.value});
}

void set_bootable(db::Transaction& tx, const VolumeId& id, bool bootable) {
    set(tx, id, "bootable", std::int64_t{bootable});
}

void set_names(db::Transaction& tx, const VolumeId& id, const std::string& name, const std::string& description) {
    tx.exec("UPDATE volumes SET name = ?, description = ?, updated_us = ? WHERE id = ?",
            {name, description, now_us(), id.value});
}

void set_metadata(db::Transaction& tx, const VolumeId& id, const json::object& metadata) {
    set(tx, id, "metadata", json::serialize(metadata));
}

void set_admin_metadata(db::Transaction& tx, const VolumeId& id, const json::object& metadata) {
    set(tx, id, "admin_metadata", json::serialize(metadata));
}

void set_created_for(db::Transaction& tx, const VolumeId& id, const ServerId& server) {
    tx.exec("UPDATE volumes SET created_for = ? WHERE id = ?", {server.value, id.value});
}

void clear_created_for(db::Transaction& tx, const ServerId& server) {
    tx.exec("UPDATE volumes SET created_for = '' WHERE created_for = ? AND created_for <> ''", {server.value});
}

void set_image_metadata(db::Transaction& tx, const VolumeId& id, const json::object& metadata) {
    set(tx, id, "image_metadata", json::serialize(metadata));
}

std::map<std::string, std::int64_t> provisioned_gib(db::Transaction& tx) {
    std::map<std::string, std::int64_t> out;
    for (const auto& row : tx.query(
             "SELECT host, backend, SUM(size_gib) AS total FROM volumes WHERE host <> '' GROUP BY host, backend")) {
        out[row.text("host") + "@" + row.text("backend")] = row.number("total");
    }
    for (const auto& row :
         tx.query("SELECT other_host, other_backend, SUM(size_gib) AS total FROM volumes WHERE other_host > '' "
                  "GROUP BY other_host, other_backend")) {
        out[row.text("other_host") + "@" + row.text("other_backend")] += row.number("total");
    }
    return out;
}

void set_other_place(db::Transaction& tx, const VolumeId& id, const std::string& host, const std::string& backend) {
    tx.exec("UPDATE volumes SET other_host = ?, other_backend = ? WHERE id = ?", {host, backend, id.value});
}

void set_held_by(db::Transaction& tx, const VolumeId& id, const FlowId& flow) {
    tx.exec("UPDATE volumes SET held_by = ? WHERE id = ?", {flow.value, id.value});
}

std::vector<FlowId> flows_holding_volumes_of(db::Transaction& tx, const ServerId& server) {
    std::vector<FlowId> out;
    for (const auto& row : tx.query("SELECT v.held_by AS flow FROM volume_attachments a JOIN volumes v "
                                    "ON v.id = a.volume_id WHERE a.server_id = ? AND a.by_user = 0 AND v.held_by <> ''",
                                    {server.value})) {
        out.emplace_back(row.text("flow"));
    }
    return out;
}

std::vector<FlowId> flows_creating_from(db::Transaction& tx, const std::string& source_column, const std::string& id) {
    std::vector<FlowId> out;
    for (const auto& row : tx.query("SELECT flow_id FROM volumes WHERE " + source_column +
                                        " = ? AND launched_us = 0 AND status IN ('creating', 'downloading')",
                                    {id})) {
        out.emplace_back(row.text("flow_id"));
    }
    return out;
}

}  // namespace virga::volume::repo
