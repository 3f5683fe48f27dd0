#pragma once
#include <string>

#include "volume/flows/dependencies.hpp"
#include "volume/model/records.hpp"

/// Keys of encrypted volumes. A key is opened only for the command to a host that needs it: journals, rows and results
/// of flows have its id at most.
namespace virga::volume::flows {

/// A new key; its id. Throws Error{NotSupported} when the cloud has no vault.
std::string make_key(db::Transaction& tx, Dependencies& d);
/// A key of its own for what shares data with something that has `id`: the same passphrase. Empty for empty.
std::string copy_key(db::Transaction& tx, Dependencies& d, const std::string& id);
/// Throws Error{NotFound}, Error{Corrupt}.
Secret open_key(db::Transaction& tx, Dependencies& d, const std::string& id);

/// Adds to a command's parameters `keys`, of those volumes that it names (volume_id, source_volume_id, snapshots[], and
/// of compute's disk and guest) that are encrypted. What `keys` has already stays.
void add_keys(Dependencies& d, json::object& params);

/// Adds to `keys` the one with this id, as that of a volume or backup. Nothing happens without an id.
void give_key(Dependencies& d, json::object& params, const std::string& owner, const std::string& key_id);

/// Error{InvalidInput}, naming the type and the part, unless volumes can be encrypted so.
void check_encryption(const VolumeType& type, const TypeEncryption& encryption);
bool same_encryption(db::Transaction& tx, const VolumeType& a, const VolumeType& b);

}  // namespace virga::volume::flows
