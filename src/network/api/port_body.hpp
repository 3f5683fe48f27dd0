#pragma once
#include "network/api/api.hpp"
#include "network/repo/ipam.hpp"

namespace virga::network::api {

/// Rights of a caller on a port.
struct PortRights {
    bool is_admin = false;
    bool owns_network = false;
    std::string rule;  ///< "create_port" or "update_port", for messages
};

/// What a create or update request says of a port besides its plain fields.
struct PortWishes {
    std::optional<std::vector<repo::IpRequest>> fixed_ips;
    std::optional<std::vector<std::string>> security_groups;
};

/// Reads all fields that create and update share into `port`. Throws Error{InvalidInput}, Fault PolicyNotAuthorized
/// (403) for a field that the caller must not write, Fault PortBound (409) for a change that a bound port forbids.
PortWishes read_port(http::Fields& fields, const PortRights& rights, Port& port);

}  // namespace virga::network::api
