#include "volume/repo/group_repo.hpp"

#include <cstdint>

#include "db/conditions.hpp"
#include "volume/repo/list_query.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::repo {
namespace {

GroupType type_of(const db::Row& row) {
    return {row.text("id"),
            row.text("name"),
            row.text("description"),
            row.flag("is_public"),
            parse_object(row.text("specs")),
            row.number("created_us")};
}

Group group_of(const db::Row& row) {
    Group g;
    g.id = row.text("id");
    g.project = ProjectId(row.text("project_id"));
    g.user = UserId(row.text("user_id"));
    g.name = row.text("name");
    g.description = row.text("description");
    g.status = lifecycle::state_of<GroupStatus>(row.text("status"));
    g.group_type = row.text("group_type_id");
    for (const auto& item : get_array(parse_object(row.text("volume_types")), "ids")) {
        g.volume_types.emplace_back(item.as_string());
    }
    g.availability_zone = row.text("availability_zone");
    g.host = row.text("host");
    g.backend = row.text("backend");
    g.group_snapshot_id = row.text("group_snapshot_id");
    g.source_group_id = row.text("source_group_id");
    g.created_us = row.number("created_us");
    return g;
}

GroupSnapshot snapshot_of(const db::Row& row) {
    return {row.text("id"),
            ProjectId(row.text("project_id")),
            UserId(row.text("user_id")),
            row.text("group_id"),
            row.text("group_type_id"),
            row.text("name"),
            row.text("description"),
            lifecycle::state_of<GroupStatus>(row.text("status")),
            row.number("created_us")};
}

ListQuery query_of(const GroupFilter& filter, const std::string& table) {
    ListQuery query("SELECT g.* FROM " + table + " g", table, "g");
    query.visible_project(filter.project);
    query.equals("name", filter.name);
    query.equals("status", filter.status);
    query.equals("group_id", filter.group_id);
    for (const auto& [column, ascending] : filter.sort) query.sort(column, ascending);
    query.page(filter.limit, filter.offset);
    return query;
}

template <class T>
std::vector<T> rows_of(db::Transaction& tx, const GroupFilter& filter, ListQuery query, T (*read)(const db::Row&)) {
    if (filter.marker) query.after(tx, *filter.marker);
    std::vector<T> out;
    for (const auto& row : query.run(tx)) out.push_back(read(row));
    return out;
}

template <class T>
std::optional<T> one_of(db::Transaction& tx, const std::string& table, const std::string& id,
                        T (*read)(const db::Row&)) {
    const auto row = tx.query_one("SELECT * FROM " + table + " WHERE id = ?", {id});
    if (!row) return std::nullopt;
    return read(*row);
}

[[noreturn]] void missing(const std::string& what, const std::string& id) {
    throw Error(ErrorCode::NotFound, what + " " + id + " could not be found.", {}, id);
}

void check_name(db::Transaction& tx, const GroupType& type) {
    if (tx.scalar("SELECT COUNT(*) FROM volume_group_types WHERE name = ? AND id <> ?", {type.name, type.id}) == 0) {
        return;
    }
    throw Error(ErrorCode::Conflict, "Group type with name " + type.name + " already exists.", {}, type.id);
}

}  // namespace

void insert(db::Transaction& tx, const GroupType& type) {
    check_name(tx, type);
    tx.exec(
        "INSERT INTO volume_group_types (id, name, description, is_public, specs, created_us) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        {type.id, type.name, type.description, std::int64_t{type.is_public}, json::serialize(type.specs),
         type.created_us});
}

GroupType get_group_type(db::Transaction& tx, const std::string& id_or_name) {
    const auto row =
        tx.query_one("SELECT * FROM volume_group_types WHERE id = ? OR name = ?", {id_or_name, id_or_name});
    if (!row) missing("Group type", id_or_name);
    return type_of(*row);
}

std::vector<GroupType> list_group_types(db::Transaction& tx, const GroupFilter& filter,
                                        const std::optional<bool>& is_public) {
    auto query = query_of(filter, "volume_group_types");
    if (is_public) query.where("g.is_public = ?", {std::int64_t{*is_public}});
    return rows_of<GroupType>(tx, filter, std::move(query), type_of);
}

void update(db::Transaction& tx, const GroupType& type) {
    check_name(tx, type);
    tx.exec("UPDATE volume_group_types SET name = ?, description = ?, is_public = ?, specs = ? WHERE id = ?",
            {type.name, type.description, std::int64_t{type.is_public}, json::serialize(type.specs), type.id});
}

void delete_group_type(db::Transaction& tx, const std::string& id) {
    const auto users = tx.scalar("SELECT COUNT(*) FROM volume_groups WHERE group_type_id = ?", {id});
    if (users > 0) {
        throw Error(ErrorCode::InvalidInput,
                    "Group type " + id + " can't be deleted: " + std::to_string(users) + " groups are of it.", {}, id);
    }
    tx.exec("DELETE FROM volume_group_types WHERE id = ?", {id});
}

void insert(db::Transaction& tx, const Group& g) {
    json::array types;
    for (const auto& id : g.volume_types) types.emplace_back(id);
    tx.exec(
        "INSERT INTO volume_groups (id, project_id, user_id, name, description, status, group_type_id, volume_types, "
        "availability_zone, host, backend, group_snapshot_id, source_group_id, created_us, updated_us) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {g.id, g.project.value, g.user.value, g.name, g.description, text_of(g.status), g.group_type,
         json::serialize(json::object{{"ids", std::move(types)}}), g.availability_zone, g.host, g.backend,
         g.group_snapshot_id, g.source_group_id, g.created_us, g.created_us});
}

std::optional<Group> find_group(db::Transaction& tx, const std::string& id) {
    return one_of<Group>(tx, kGroupTable, id, group_of);
}

Group get_group(db::Transaction& tx, const std::string& id) {
    auto group = find_group(tx, id);
    if (!group) missing("Group", id);
    return *group;
}

std::vector<Group> list_groups(db::Transaction& tx, const GroupFilter& filter) {
    return rows_of<Group>(tx, filter, query_of(filter, kGroupTable), group_of);
}

std::vector<VolumeRecord> volumes_of_group(db::Transaction& tx, const std::string& group_id) {
    VolumeFilter filter;
    filter.group_id = group_id;
    filter.sort = {{"created_us", true}, {"id", true}};
    filter.limit = static_cast<std::size_t>(INT32_MAX);
    return list_volumes(tx, filter);
}

std::map<std::string, std::vector<std::string>> volumes_by_group(db::Transaction& tx,
                                                                 const std::vector<Group>& groups) {
    std::map<std::string, std::vector<std::string>> out;
    if (groups.empty()) return out;
    db::Params ids;
    for (const auto& group : groups) ids.emplace_back(group.id);
    const auto among = db::in_list("group_id", std::move(ids));
    for (const auto& row :
         tx.query("SELECT group_id, id FROM volumes WHERE " + among.sql + " ORDER BY created_us, id", among.params)) {
        out[row.text("group_id")].push_back(row.text("id"));
    }
    return out;
}

void set_group_names(db::Transaction& tx, const std::string& id, const std::string& name,
                     const std::string& description) {
    tx.exec("UPDATE volume_groups SET name = ?, description = ?, updated_us = ? WHERE id = ?",
            {name, description, now_us(), id});
}

void set_group_placement(db::Transaction& tx, const std::string& id, const std::string& host,
                         const std::string& backend) {
    tx.exec("UPDATE volume_groups SET host = ?, backend = ? WHERE id = ?", {host, backend, id});
}

void set_group_of(db::Transaction& tx, const VolumeId& volume, const std::string& group_id) {
    tx.exec("UPDATE volumes SET group_id = ?, updated_us = ? WHERE id = ?", {group_id, now_us(), volume.value});
}

void delete_group(db::Transaction& tx, const std::string& id) {
    tx.exec("UPDATE volumes SET group_id = '' WHERE group_id = ?", {id});
    tx.exec("DELETE FROM volume_groups WHERE id = ?", {id});
}

void insert(db::Transaction& tx, const GroupSnapshot& s) {
    tx.exec(
        "INSERT INTO volume_group_snapshots (id, project_id, user_id, group_id, group_type_id, name, description, "
        "status, created_us, updated_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {s.id, s.project.value, s.user.value, s.group_id, s.group_type, s.name, s.description, text_of(s.status),
         s.created_us, s.created_us});
}

std::optional<GroupSnapshot> find_group_snapshot(db::Transaction& tx, const std::string& id) {
    return one_of<GroupSnapshot>(tx, kGroupSnapshotTable, id, snapshot_of);
}

GroupSnapshot get_group_snapshot(db::Transaction& tx, const std::string& id) {
    auto snapshot = find_group_snapshot(tx, id);
    if (!snapshot) missing("Group snapshot", id);
    return *snapshot;
}

std::vector<GroupSnapshot> list_group_snapshots(db::Transaction& tx, const GroupFilter& filter) {
    return rows_of<GroupSnapshot>(tx, filter, query_of(filter, kGroupSnapshotTable), snapshot_of);
}

std::vector<SnapshotRecord> snapshots_of_group_snapshot(db::Transaction& tx, const std::string& id) {
    std::vector<SnapshotRecord> out;
    for (const auto& row : tx.query("SELECT s.id AS id FROM volume_snapshots s JOIN volume_group_snapshots g ON g.id = "
                                    "s.group_snapshot_id AND g.project_id = s.project_id WHERE s.group_snapshot_id = ? "
                                    "ORDER BY s.created_us, s.id",
                                    {id})) {
        out.push_back(get_snapshot(tx, SnapshotId(row.text("id"))));
    }
    return out;
}

void delete_group_snapshot(db::Transaction& tx, const std::string& id) {
    tx.exec("UPDATE volume_snapshots SET group_snapshot_id = '' WHERE group_snapshot_id = ?", {id});
    tx.exec("DELETE FROM volume_group_snapshots WHERE id = ?", {id});
}

}  // namespace virga::volume::repo
