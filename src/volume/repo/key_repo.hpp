#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"

/// SQL of the keys of encrypted volumes and backups, which are stored sealed.
namespace virga::volume::repo {

struct SealedKey {
    std::string id;
    std::string sealed;
};

void insert(db::Transaction& tx, const SealedKey& key);
std::optional<SealedKey> find_key(db::Transaction& tx, const std::string& id);
/// Any one; nullopt when there is none.
std::optional<SealedKey> some_key(db::Transaction& tx);
/// What tells the master key that the keys of this cloud are sealed by; empty as long as no process has said it.
std::string master_fingerprint(db::Transaction& tx);
void set_master_fingerprint(db::Transaction& tx, const std::string& fingerprint);
void delete_key(db::Transaction& tx, const std::string& id);
/// Ids of the keys that neither a volume nor a backup has.
std::vector<std::string> unused_keys(db::Transaction& tx);

}  // namespace virga::volume::repo
