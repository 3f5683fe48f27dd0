#include "volume/flows/volume_keys.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "volume/model/key_vault.hpp"
#include "volume/repo/encryption_repo.hpp"
#include "volume/repo/key_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

KeyVault& vault_of(Dependencies& d) {
    if (d.vault != nullptr) return *d.vault;
    throw Error(ErrorCode::NotSupported, "Volumes can't be encrypted here: there is no master key.");
}

std::string store_key(db::Transaction& tx, Dependencies& d, const Secret& key) {
    const auto id = new_uuid();
    repo::insert(tx, repo::SealedKey{id, vault_of(d).sealed(id, key)});
    return id;
}

std::set<std::string> volumes_in(const json::object& params) {
    std::set<std::string> ids;
    const auto take = [&](const json::object& object, std::string_view name) {
        if (auto id = get_string(object, name); !id.empty()) ids.insert(std::move(id));
    };
    const auto take_all = [&](const json::array& items) {
        for (const auto& item : items)
            if (item.is_object()) take(item.get_object(), "volume_id");
    };
    take(params, "volume_id");
    take(params, "source_volume_id");
    take(get_object(params, "disk"), "volume_id");
    take_all(get_array(params, "snapshots"));
    take_all(get_array(get_object(params, "guest"), "disks"));
    return ids;
}

[[noreturn]] void refuse(const VolumeType& type, const std::string& what) {
    throw Error(ErrorCode::InvalidInput, "volume_type: volumes of type " + type.name + " can't be encrypted: " + what,
                {}, type.id);
}

}  // namespace

std::string make_key(db::Transaction& tx, Dependencies& d) {
    return store_key(tx, d, KeyVault::new_key());
}

std::string copy_key(db::Transaction& tx, Dependencies& d, const std::string& id) {
    return id.empty() ? std::string() : store_key(tx, d, open_key(tx, d, id));
}

Secret open_key(db::Transaction& tx, Dependencies& d, const std::string& id) {
    const auto found = repo::find_key(tx, id);
    if (!found) throw Error(ErrorCode::NotFound, "Encryption key " + id + " could not be found.", {}, id);
    return vault_of(d).opened(id, found->sealed);
}

void add_keys(Dependencies& d, json::object& params) {
    const auto ids = volumes_in(params);
    if (ids.empty()) return;
    auto keys = get_object(params, "keys");
    d.db.read_with([&](db::Transaction& tx) {
        for (const auto& [volume, key] : repo::encryption_keys(tx, ids))
            if (!keys.contains(volume)) keys[volume] = open_key(tx, d, key).reveal();
    });
    if (!keys.empty()) params["keys"] = std::move(keys);
}

void give_key(Dependencies& d, json::object& params, const std::string& owner, const std::string& key_id) {
    if (key_id.empty()) return;
    auto keys = get_object(params, "keys");
    keys[owner] = d.db.read_with([&](db::Transaction& tx) { return open_key(tx, d, key_id).reveal(); });
    params["keys"] = std::move(keys);
}

void check_encryption(const VolumeType& type, const TypeEncryption& encryption) {
    static constexpr std::array<std::string_view, 3> kProviders{"luks", "LuksEncryptor",
                                                                "nova.volume.encryptors.luks.LuksEncryptor"};
    static constexpr std::array<std::int64_t, 2> kKeySizes{256, 512};
    const auto knows = [](const auto& list, const auto& item) {
        return std::find(list.begin(), list.end(), item) != list.end();
    };
    if (!knows(kProviders, encryption.provider))
        refuse(type, "provider " + encryption.provider + " is not supported, only luks is");
    if (encryption.cipher && *encryption.cipher != "aes-xts-plain64")
        refuse(type, "cipher " + *encryption.cipher + " is not supported, only aes-xts-plain64 is");
    // Both words for AES-256: with and without the second key that XTS has.
    if (encryption.key_size && !knows(kKeySizes, *encryption.key_size))
        refuse(type, "key_size " + std::to_string(*encryption.key_size) + " is not supported, only 256 and 512 are");
    if (encryption.control_location != "front-end")
        refuse(type, "control_location " + encryption.control_location + " is not supported, only front-end is");
}

bool same_encryption(db::Transaction& tx, const VolumeType& a, const VolumeType& b) {
    const auto first = repo::find_encryption(tx, a.id);
    const auto second = repo::find_encryption(tx, b.id);
    if (!first || !second) return !first && !second;
    return first->provider == second->provider && first->cipher == second->cipher &&
           first->key_size == second->key_size && first->control_location == second->control_location;
}

}  // namespace virga::volume::flows
