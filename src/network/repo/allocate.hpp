#pragma once
#include "network/service.hpp"

namespace virga::network::repo {

/// Makes or takes the ports of a server; those that the server holds already are left alone. Errors as Service::claim.
void claim_ports(db::Transaction& tx, const ServerId& server, const ProjectId& project,
                 const std::vector<NicRequest>& requests, const std::vector<std::string>& security_groups);
/// See Service::address_room.
std::int64_t address_room(db::Transaction& tx, const std::vector<NicRequest>& requests, std::int64_t most);

}  // namespace virga::network::repo
