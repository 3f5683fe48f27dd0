#pragma once
#include <optional>
#include <string>

#include "db/database.hpp"
#include "volume/service.hpp"

/// What accepted boots will make volumes of. A claim counts as a volume for quotas until the volume is made, and keeps
/// the snapshot until the boot has ended.
namespace virga::volume::repo {

struct Claim {
    std::string id;
    ServerId server;
    ProjectId project;
    std::string type_id;
    std::int64_t size_gib = 0;
    std::string snapshot_id;
    bool made = false;  ///< there is a volume, which is what counts
};

void insert(db::Transaction& tx, const Claim& claim);
std::optional<Claim> find_claim(db::Transaction& tx, const std::string& id);
void set_made(db::Transaction& tx, const std::string& id, bool made);
void delete_claims_of(db::Transaction& tx, const ServerId& server);

}  // namespace virga::volume::repo
