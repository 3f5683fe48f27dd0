#include "volume/repo/claim_repo.hpp"

namespace virga::volume::repo {

void insert(db::Transaction& tx, const Claim& c) {
    tx.exec(
        "INSERT INTO volume_claims (id, server_id, project_id, volume_type_id, size_gib, snapshot_id, made) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        {c.id, c.server.value, c.project.value, c.type_id, c.size_gib, c.snapshot_id, std::int64_t{c.made}});
}

std::optional<Claim> find_claim(db::Transaction& tx, const std::string& id) {
    const auto row = tx.query_one("SELECT * FROM volume_claims WHERE id = ?", {id});
    if (!row) return std::nullopt;
    return Claim{row->text("id"),
                 ServerId(row->text("server_id")),
                 ProjectId(row->text("project_id")),
                 row->text("volume_type_id"),
                 row->number("size_gib"),
                 row->text("snapshot_id"),
                 row->flag("made")};
}

void set_made(db::Transaction& tx, const std::string& id, bool made) {
    tx.exec("UPDATE volume_claims SET made = ? WHERE id = ?", {std::int64_t{made}, id});
}

void delete_claims_of(db::Transaction& tx, const ServerId& server) {
    tx.exec("DELETE FROM volume_claims WHERE server_id = ?", {server.value});
}

}  // namespace virga::volume::repo
