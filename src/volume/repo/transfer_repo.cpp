#include "volume/repo/transfer_repo.hpp"

#include "volume/repo/list_query.hpp"

namespace virga::volume::repo {
namespace {

constexpr const char* kSelect = "SELECT t.* FROM volume_transfers t";

Transfer record_of(const db::Row& row) {
    return {row.text("id"),           VolumeId(row.text("volume_id")),
            row.text("name"),         ProjectId(row.text("project_id")),
            row.flag("no_snapshots"), row.text("salt"),
            row.text("key_hash"),     row.number("created_us")};
}

}  // namespace

void insert(db::Transaction& tx, const Transfer& t) {
    tx.exec(
        "INSERT INTO volume_transfers (id, volume_id, name, project_id, no_snapshots, salt, key_hash, created_us) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        {t.id, t.volume.value, t.name, t.source.value, std::int64_t{t.no_snapshots}, t.salt, t.key_hash, t.created_us});
}

Transfer get_transfer(db::Transaction& tx, const std::string& id) {
    const auto row = tx.query_one(std::string(kSelect) + " WHERE t.id = ?", {id});
    if (!row) throw Error(ErrorCode::NotFound, "Transfer " + id + " could not be found.", {}, id);
    return record_of(*row);
}

void delete_transfer(db::Transaction& tx, const std::string& id) {
    tx.exec("DELETE FROM volume_transfers WHERE id = ?", {id});
}

std::vector<Transfer> list_transfers(db::Transaction& tx, const TransferFilter& filter) {
    ListQuery query(kSelect, "volume_transfers", "t");
    query.visible_project(filter.project);
    query.equals("volume_id", filter.volume_id);
    query.equals("name", filter.name);
    for (const auto& [column, ascending] : filter.sort) query.sort(column, ascending);
    if (filter.marker) query.after(tx, *filter.marker);
    query.page(filter.limit, filter.offset);
    std::vector<Transfer> out;
    for (const auto& row : query.run(tx)) out.push_back(record_of(row));
    return out;
}

std::vector<VolumeId> offered_volumes(db::Transaction& tx) {
    std::vector<VolumeId> out;
    for (const auto& row : tx.query("SELECT volume_id FROM volume_transfers")) out.emplace_back(row.text("volume_id"));
    return out;
}

void set_owner(db::Transaction& tx, const VolumeId& volume, const ProjectId& project, const UserId& user,
               bool with_snapshots) {
    if (with_snapshots) {
        tx.exec(
            "UPDATE volume_snapshots SET project_id = ?, user_id = ?, group_snapshot_id = '', updated_us = ? WHERE "
            "volume_id = ? AND project_id = (SELECT v.project_id FROM volumes v WHERE v.id = volume_id)",
            {project.value, user.value, now_us(), volume.value});
    }
    tx.exec("UPDATE volumes SET project_id = ?, user_id = ?, updated_us = ? WHERE id = ?",
            {project.value, user.value, now_us(), volume.value});
}

}  // namespace virga::volume::repo
