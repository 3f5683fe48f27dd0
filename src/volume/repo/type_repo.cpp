#include "volume/repo/type_repo.hpp"

#include "volume/repo/list_query.hpp"

namespace virga::volume::repo {
namespace {

VolumeType record_of(const db::Row& row) {
    return {row.text("id"),
            row.text("name"),
            row.text("description"),
            row.flag("is_public"),
            parse_object(row.text("extra_specs")),
            row.text("qos_specs_id"),
            row.number("created_us")};
}

void check_free(db::Transaction& tx, const VolumeType& type) {
    if (tx.scalar("SELECT COUNT(*) FROM volume_types WHERE name = ? AND id <> ?", {type.name, type.id}) == 0) return;
    throw Error(ErrorCode::Conflict, "Volume type " + type.name + " already exists.", {}, type.name);
}

}  // namespace

void insert(db::Transaction& tx, const VolumeType& type) {
    check_free(tx, type);
    tx.exec(
        "INSERT INTO volume_types (id, name, description, is_public, extra_specs, qos_specs_id, created_us) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        {type.id, type.name, type.description, std::int64_t{type.is_public}, json::serialize(type.extra_specs),
         type.qos_specs_id, type.created_us});
}

std::optional<VolumeType> find_type(db::Transaction& tx, const std::string& id_or_name) {
    auto row = tx.query_one("SELECT * FROM volume_types WHERE id = ?", {id_or_name});
    if (!row) row = tx.query_one("SELECT * FROM volume_types WHERE name = ?", {id_or_name});
    if (!row) return std::nullopt;
    return record_of(*row);
}

VolumeType get_type(db::Transaction& tx, const std::string& id_or_name) {
    auto type = find_type(tx, id_or_name);
    if (!type) {
        throw Error(ErrorCode::NotFound, "Volume type " + id_or_name + " could not be found.", {}, id_or_name);
    }
    return *type;
}

std::vector<VolumeType> all_types(db::Transaction& tx) {
    std::vector<VolumeType> out;
    for (const auto& row : tx.query("SELECT * FROM volume_types ORDER BY created_us DESC, id DESC")) {
        out.push_back(record_of(row));
    }
    return out;
}

std::vector<VolumeType> list_types(db::Transaction& tx, const TypeFilter& filter) {
    ListQuery query("SELECT t.* FROM volume_types t", "volume_types", "t");
    if (!filter.project.empty()) {
        query.visible(
            "(t.is_public <> 0 OR EXISTS (SELECT 1 FROM volume_type_access a WHERE a.volume_type_id = t.id AND "
            "a.project_id = ?))",
            {filter.project});
    }
    if (filter.is_public) query.where(*filter.is_public ? "t.is_public <> 0" : "t.is_public = 0");
    query.equals("name", filter.name);
    query.pairs("extra_specs", filter.extra_specs);
    for (const auto& [column, ascending] : filter.sort) query.sort(column, ascending);
    if (filter.marker) query.after(tx, *filter.marker);
    query.page(filter.limit, filter.offset);
    std::vector<VolumeType> out;
    for (const auto& row : query.run(tx)) out.push_back(record_of(row));
    return out;
}

void update(db::Transaction& tx, const VolumeType& type) {
    check_free(tx, type);
    tx.exec(
        "UPDATE volume_types SET name = ?, description = ?, is_public = ?, extra_specs = ?, qos_specs_id = ? "
        "WHERE id = ?",
        {type.name, type.description, std::int64_t{type.is_public}, json::serialize(type.extra_specs),
         type.qos_specs_id, type.id});
}

void delete_type(db::Transaction& tx, const std::string& id) {
    tx.exec("DELETE FROM volume_type_access WHERE volume_type_id = ?", {id});
    tx.exec("DELETE FROM volume_type_encryption WHERE volume_type_id = ?", {id});
    tx.exec("DELETE FROM volume_quotas WHERE volume_type_id = ?", {id});
    tx.exec("DELETE FROM volume_quota_classes WHERE volume_type_id = ?", {id});
    tx.exec("DELETE FROM volume_types WHERE id = ?", {id});
}

std::int64_t volumes_of_type(db::Transaction& tx, const std::string& id) {
    return tx.scalar("SELECT COUNT(*) FROM volumes WHERE volume_type_id = ?", {id}) +
           tx.scalar("SELECT COUNT(*) FROM volume_claims WHERE volume_type_id = ? AND made = 0", {id});
}

}  // namespace virga::volume::repo
