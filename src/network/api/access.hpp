#pragma once
#include "identity/service.hpp"
#include "network/model/types.hpp"
#include "network/repo/list_query.hpp"

namespace virga::network::api {

// What a caller may see: an id of something else is answered as if it didn't exist (404). What he sees but doesn't
// own can't be changed (403). Administrators may do everything.

void see_networks(const identity::Auth& auth, repo::ListQuery& query);
void see_subnets(const identity::Auth& auth, repo::ListQuery& query);
void see_ports(const identity::Auth& auth, repo::ListQuery& query);
/// Security groups and their rules.
void see_own(const identity::Auth& auth, repo::ListQuery& query);

Network visible_network(db::Transaction& tx, const identity::Auth& auth, const std::string& id);
Subnet visible_subnet(db::Transaction& tx, const identity::Auth& auth, const std::string& id);
Port visible_port(db::Transaction& tx, const identity::Auth& auth, const std::string& id);
SecurityGroup visible_security_group(db::Transaction& tx, const identity::Auth& auth, const std::string& id);

bool owns(const identity::Auth& auth, const Standard& resource);
/// Throws Fault PolicyNotAuthorized (403).
void require_owner(const identity::Auth& auth, const Standard& resource, const std::string& rule);

}  // namespace virga::network::api
