#pragma once
#include "config/config.hpp"
#include "network/model/subnet_rules.hpp"

namespace virga::network::setting {

inline bool is_network_or_empty(std::string_view text) {
    const auto cidr = Cidr::parse(text);
    return text.empty() || (cidr && cidr->base.bits() - cidr->prefix >= 2 && can_be_subnet(*cidr));
}

inline const config::Setting<std::int64_t> mtu{"network.mtu", 1500, {68, 9216}, "MTU of new networks, bytes."};
inline const config::Setting<std::string> default_cidr{
    "network.default_cidr", std::string("172.29.0.0/16"),
    config::Form{"a block of at least 4 addresses (address/prefix) of which hosts can have all, or empty",
                 is_network_or_empty},
    "Addresses of the shared network `default` that is made at the first start; empty: none is made."};
inline const config::Setting<std::int64_t> quota_networks{"quota.networks", 100, config::kQuota,
                                                          "Networks per project; -1: no bound."};
inline const config::Setting<std::int64_t> quota_subnets{"quota.subnets", 100, config::kQuota,
                                                         "Subnets per project; -1: no bound."};
inline const config::Setting<std::int64_t> quota_ports{"quota.ports", 2000, config::kQuota,
                                                       "Ports per project; -1: no bound."};
inline const config::Setting<std::int64_t> quota_security_groups{"quota.security_groups", 100, config::kQuota,
                                                                 "Security groups per project; -1: no bound."};
inline const config::Setting<std::int64_t> quota_security_group_rules{
    "quota.security_group_rules", 100, config::kQuota, "Security group rules per project; -1: no bound."};

}  // namespace virga::network::setting
