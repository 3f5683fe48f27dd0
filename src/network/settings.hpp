#pragma once
#include "config/config.hpp"

namespace virga::network::setting {

inline const config::Setting<std::int64_t> mtu{"network.mtu", 1500, "MTU of new networks, bytes (68 to 9216)."};
inline const config::Setting<std::string> default_cidr{
    "network.default_cidr", std::string("172.29.0.0/16"),
    "Addresses of the shared network `default` that is made at the first start; empty: none is made."};
inline const config::Setting<std::int64_t> quota_networks{"quota.networks", 100,
                                                          "Networks per project; below 0: no bound."};
inline const config::Setting<std::int64_t> quota_subnets{"quota.subnets", 100,
                                                         "Subnets per project; below 0: no bound."};
inline const config::Setting<std::int64_t> quota_ports{"quota.ports", 2000, "Ports per project; below 0: no bound."};
inline const config::Setting<std::int64_t> quota_security_groups{"quota.security_groups", 100,
                                                                 "Security groups per project; below 0: no bound."};
inline const config::Setting<std::int64_t> quota_security_group_rules{
    "quota.security_group_rules", 100, "Security group rules per project; below 0: no bound."};

}  // namespace virga::network::setting
