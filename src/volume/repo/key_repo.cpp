#include "volume/repo/key_repo.hpp"

#include "base/clock.hpp"

namespace virga::volume::repo {
namespace {

std::optional<SealedKey> key_of(const std::optional<db::Row>& row) {
    if (!row) return std::nullopt;
    return SealedKey{row->text("id"), row->text("sealed")};
}

}  // namespace

void insert(db::Transaction& tx, const SealedKey& key) {
    tx.exec("INSERT INTO volume_keys (id, sealed, created_us) VALUES (?, ?, ?)", {key.id, key.sealed, now_us()});
}

std::optional<SealedKey> find_key(db::Transaction& tx, const std::string& id) {
    return key_of(tx.query_one("SELECT id, sealed FROM volume_keys WHERE id = ?", {id}));
}

std::optional<SealedKey> some_key(db::Transaction& tx) {
    return key_of(tx.query_one("SELECT id, sealed FROM volume_keys LIMIT 1"));
}

std::string master_fingerprint(db::Transaction& tx) {
    const auto row = tx.query_one("SELECT value FROM volume_facts WHERE name = 'master_key'");
    return row ? row->text("value") : std::string();
}

void set_master_fingerprint(db::Transaction& tx, const std::string& fingerprint) {
    tx.exec(
        "INSERT INTO volume_facts (name, value) VALUES ('master_key', ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        {fingerprint});
}

void delete_key(db::Transaction& tx, const std::string& id) {
    if (!id.empty()) tx.exec("DELETE FROM volume_keys WHERE id = ?", {id});
}

std::vector<std::string> unused_keys(db::Transaction& tx) {
    std::vector<std::string> ids;
    for (const auto& row : tx.query("SELECT id FROM volume_keys k WHERE NOT EXISTS (SELECT 1 FROM volumes v WHERE "
                                    "v.encryption_key_id = k.id) AND NOT EXISTS (SELECT 1 FROM volume_backups b WHERE "
                                    "b.encryption_key_id = k.id)"))
        ids.push_back(row.text("id"));
    return ids;
}

}  // namespace virga::volume::repo
