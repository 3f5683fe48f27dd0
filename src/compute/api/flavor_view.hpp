#pragma once
#include <string>

#include "compute/api/api.hpp"

namespace virga::compute::api {

/// {id, links, name (, description)}: an entry of GET /flavors.
json::object brief_flavor(const Call& call, const Flavor& flavor);
json::object full_flavor(const Call& call, const Flavor& flavor);
/// How a server shows its flavor: a link below 2.47, the values from there on.
json::object embedded_flavor(const Call& call, const Flavor& flavor);
/// Whether the caller may use private flavors of others, too.
bool may_use_all(const identity::Auth& auth);
/// Flavor that the caller may use: public, shared with the project, or any for admins.
bool may_use(db::Transaction& tx, const identity::Auth& auth, const Flavor& flavor);
/// Throws Error{NotFound}.
Flavor visible_flavor(db::Transaction& tx, const identity::Auth& auth, const std::string& id);

}  // namespace virga::compute::api
