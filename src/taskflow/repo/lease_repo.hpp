#pragma once
#include <string>

#include "db/database.hpp"

/// SQL of leases: a row per living replica. Times are those of the database's clock alone, so that replicas need not
/// agree on one. Only for databases that several processes share.
namespace virga::taskflow::repo {

void add_lease(db::Transaction& tx, const std::string& id);
/// False: the lease has ended, others have what it held.
bool beat(db::Transaction& tx, const std::string& id);
bool has_lease(db::Transaction& tx, const std::string& id);
void end_lease(db::Transaction& tx, const std::string& id);
/// Leases that were not renewed for `age_us`.
bool any_expired(db::Transaction& tx, std::int64_t age_us);
void end_expired(db::Transaction& tx, std::int64_t age_us);

}  // namespace virga::taskflow::repo
