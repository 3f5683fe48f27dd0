#pragma once
#include <string>
#include <vector>

namespace virga::network {

/// What a guest is told of a subnet.
struct GuestSubnet {
    std::string address;  ///< "10.0.0.0"
    int prefix = 0;
    std::string gateway;  ///< empty: none
    std::vector<std::string> dns_servers;
};

}  // namespace virga::network
