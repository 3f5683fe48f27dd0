#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "db/database.hpp"
#include "network/server_security_group.hpp"

namespace virga::network::repo {

/// Names of the groups that the servers' ports have, each once, sorted. A server without ports has no entry, one whose
/// ports have no group has an empty one.
std::unordered_map<ServerId, std::vector<std::string>> group_names_of_servers(db::Transaction& tx,
                                                                              const std::vector<ServerId>& servers);
/// By name.
std::vector<ServerSecurityGroup> groups_of_server(db::Transaction& tx, const ServerId& server);

}  // namespace virga::network::repo
