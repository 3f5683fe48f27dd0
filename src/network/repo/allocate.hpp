#pragma once
#include "network/service.hpp"

namespace virga::network::repo {

/// Makes or takes port number `index` of a server; one that the server holds already is left alone. Errors as
/// Service::claim.
void claim_port(db::Transaction& tx, const ServerId& server, const ProjectId& project, const NicRequest& request,
                std::size_t index, const std::vector<std::string>& security_groups);
/// See Service::address_room.
std::int64_t address_room(db::Transaction& tx, const std::vector<NicRequest>& requests, std::int64_t most);

}  // namespace virga::network::repo
