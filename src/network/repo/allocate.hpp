#pragma once
#include "network/service.hpp"

namespace virga::network::repo {

/// Makes or binds port number `index` of a server; a repeat changes nothing but the host. Errors as
/// Service::allocate.
void allocate_port(db::Transaction& tx, const config::Config& config, const ServerId& server, const ProjectId& project,
                   const std::string& host, const NicRequest& request, std::size_t index,
                   const std::vector<std::string>& security_groups);

}  // namespace virga::network::repo
