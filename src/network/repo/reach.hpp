#pragma once
#include <string>

#include "network/repo/list_query.hpp"

/// Narrow a list to what is within a project's reach.
namespace virga::network::repo {

/// Its own, and what is shared.
void only_networks_of(ListQuery& query, const std::string& project);
/// Its own, and those of networks that are its own or shared.
void only_subnets_of(ListQuery& query, const std::string& project);
/// Its own, and those in networks of its own.
void only_ports_of(ListQuery& query, const std::string& project);
void only_own(ListQuery& query, const std::string& project);

}  // namespace virga::network::repo
