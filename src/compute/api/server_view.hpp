#pragma once
#include <vector>

#include "compute/api/api.hpp"

namespace virga::compute::api {

/// What the detailed view of a server needs besides its row.
struct ServerParts {
    std::vector<BlockDevice> devices;
    std::vector<network::Nic> nics;
    /// Of its ports; without ports those that it was created with.
    std::vector<std::string> security_groups;
};

/// {id, name, links}.
json::object brief_server(const Call& call, const Server& server);
/// `single`: GET of one server, which shows more than an entry of a list (server_groups).
json::object full_server(const Call& call, const Server& server, const ServerParts& parts, bool single);
/// {network name: [{addr, version, OS-EXT-IPS:type, OS-EXT-IPS-MAC:mac_addr}]}; without the extensions when `plain`.
json::object addresses_of(const std::vector<network::Nic>& nics, bool plain);
ServerParts parts_of(db::Transaction& tx, const Call& call, const Server& server);

}  // namespace virga::compute::api
