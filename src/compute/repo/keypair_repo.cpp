#include "compute/repo/keypair_repo.hpp"

namespace virga::compute::repo {
namespace {

Keypair keypair_of(const db::Row& row) {
    return {UserId(row.text("user_id")), row.text("name"),        row.text("type"),
            row.text("public_key"),      row.text("fingerprint"), row.number("created_us")};
}

}  // namespace

void insert_keypair(db::Transaction& tx, const Keypair& k) {
    tx.exec("INSERT INTO keypairs (user_id, name, type, public_key, fingerprint, created_us) VALUES (?, ?, ?, ?, ?, ?)",
            {k.user.value, k.name, k.type, k.public_key, k.fingerprint, k.created_us});
}

std::optional<Keypair> find_keypair(db::Transaction& tx, const UserId& user, const std::string& name) {
    const auto row = tx.query_one("SELECT * FROM keypairs WHERE user_id = ? AND name = ?", {user.value, name});
    if (!row) return std::nullopt;
    return keypair_of(*row);
}

bool delete_keypair(db::Transaction& tx, const UserId& user, const std::string& name) {
    return tx.exec("DELETE FROM keypairs WHERE user_id = ? AND name = ?", {user.value, name}) == 1;
}

std::vector<Keypair> keypairs_of(db::Transaction& tx, const UserId& user) {
    std::vector<Keypair> keypairs;
    for (const auto& row : tx.query("SELECT * FROM keypairs WHERE user_id = ? ORDER BY name", {user.value})) {
        keypairs.push_back(keypair_of(row));
    }
    return keypairs;
}

}  // namespace virga::compute::repo
