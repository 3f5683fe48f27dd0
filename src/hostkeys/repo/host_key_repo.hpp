#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "hostkeys/host_key.hpp"

namespace virga::hostkeys::repo {

/// By name.
std::vector<HostKey> host_keys(db::Transaction& tx);
std::optional<HostKey> find_host(db::Transaction& tx, const std::string& host);
std::optional<HostKey> find_key(db::Transaction& tx, const std::string& public_key);
/// Names of hosts whose key was revoked.
std::vector<std::string> revoked_hosts(db::Transaction& tx);

/// In place of a token that the host may have had; its key stays until the token is used.
void put_token(db::Transaction& tx, const std::string& host, const std::string& token_hash, TimestampUs until_us);
/// Whose token it is. nullopt: nobody's, or it is over.
std::optional<HostKey> find_token(db::Transaction& tx, const std::string& token_hash, TimestampUs now_us);
/// The token is used; a key that the host had is no more its key.
void put_key(db::Transaction& tx, const HostKey& key);
void set_valid_until(db::Transaction& tx, const std::string& host, TimestampUs until_us);
/// Its token, too. False: no such host.
bool revoke(db::Transaction& tx, const std::string& host, TimestampUs now_us);

}  // namespace virga::hostkeys::repo
