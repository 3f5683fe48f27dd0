#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "compute/model/flavor.hpp"
#include "db/database.hpp"

/// SQL of flavors. All functions run in the caller's transaction.
namespace virga::compute::repo {

/// Error{Conflict} when the id or the name is taken.
void insert_flavor(db::Transaction& tx, const Flavor& flavor);
/// Writes description and extra_specs: nothing else of a flavor changes.
void update_flavor(db::Transaction& tx, const Flavor& flavor);
/// false when there was none. Servers keep their copy.
bool delete_flavor(db::Transaction& tx, const std::string& id);
std::optional<Flavor> find_flavor(db::Transaction& tx, const std::string& id);
/// By memory, then id.
std::vector<Flavor> all_flavors(db::Transaction& tx);

/// Projects that may use a flavor that isn't public.
std::vector<std::string> flavor_projects(db::Transaction& tx, const std::string& flavor_id);
bool has_flavor_access(db::Transaction& tx, const std::string& flavor_id, const ProjectId& project);
/// Error{Conflict} when it has it already.
void add_flavor_access(db::Transaction& tx, const std::string& flavor_id, const std::string& project);
bool remove_flavor_access(db::Transaction& tx, const std::string& flavor_id, const std::string& project);

}  // namespace virga::compute::repo
