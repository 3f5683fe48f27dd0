#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "db/database.hpp"

/// SQL of keypairs. A keypair belongs to a user, not to a project.
namespace virga::compute::repo {

struct Keypair {
    UserId user;
    std::string name;
    std::string type = "ssh";  ///< ssh or x509
    std::string public_key;
    std::string fingerprint;  ///< "aa:bb:..." MD5 of the key blob
    TimestampUs created_us = 0;
};

/// Error{Conflict} when the user has one of that name.
void insert_keypair(db::Transaction& tx, const Keypair& keypair);
std::optional<Keypair> find_keypair(db::Transaction& tx, const UserId& user, const std::string& name);
bool delete_keypair(db::Transaction& tx, const UserId& user, const std::string& name);
/// By name.
std::vector<Keypair> keypairs_of(db::Transaction& tx, const UserId& user);

}  // namespace virga::compute::repo
