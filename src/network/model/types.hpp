#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "network/model/address.hpp"
#include "network/nic.hpp"

namespace virga::network {

/// What every resource has.
struct Standard {
    std::string id;
    std::string project_id;
    std::string name;
    std::string description;
    TimestampUs created_us = 0;
    TimestampUs updated_us = 0;
    std::int64_t revision = 0;
};

struct Network : Standard {
    bool admin_state_up = true;
    bool shared = false;
    std::int64_t mtu = 1500;
    std::vector<std::string> subnets;  ///< ids, filled by reads
};

struct Subnet : Standard {
    std::string network_id;
    Cidr cidr;
    std::string gateway_ip;  ///< empty: none
    bool enable_dhcp = true;
    std::vector<Range> pools;  ///< sorted, not overlapping
    json::array dns_nameservers;
    json::array host_routes;
    std::string ipv6_ra_mode;       ///< empty: none
    std::string ipv6_address_mode;  ///< empty: none

    int ip_version() const { return cidr.base.version; }
};

struct Port : Standard {
    std::string network_id;
    std::string mac;
    bool admin_state_up = true;
    std::string status = "DOWN";
    std::string device_id;  ///< empty: not bound
    std::string device_owner;
    std::string server_id;  ///< that holds it, by the service's own word; empty: none
    std::string host_id;    ///< where its server is; empty until the server has a host
    std::string vnic_type = "normal";
    json::array allowed_address_pairs;
    json::object binding_profile;
    bool created_for_server = false;  ///< made by Service::claim: goes with the server
    std::int64_t nic_index = 0;       ///< order among the nics of a server
    std::string nic_tag;
    std::vector<FixedIp> fixed_ips;            ///< filled by reads
    std::vector<std::string> security_groups;  ///< ids
};

/// Whether the port is a device of a server, or of one that is being built. What a user wrote into device_id and
/// device_owner doesn't count.
inline bool is_bound(const Port& port) {
    return !port.server_id.empty();
}

struct SecurityGroupRule : Standard {
    std::string group_id;
    std::string direction;  ///< ingress, egress
    std::string ethertype;  ///< IPv4, IPv6
    std::string protocol;   ///< empty: any
    std::optional<std::int64_t> port_min;
    std::optional<std::int64_t> port_max;
    std::string remote_ip_prefix;  ///< empty: any
    std::string remote_group_id;   ///< empty: none
};

struct SecurityGroup : Standard {
    bool stateful = true;
    bool is_default = false;
    std::vector<SecurityGroupRule> rules;  ///< filled by reads
};

/// What is counted against a quota.
enum class QuotaResource { Networks, Subnets, Ports, SecurityGroups, SecurityGroupRules };

inline constexpr const char* kComputeOwner = "compute:nova";
inline constexpr const char* kDefaultGroupName = "default";

}  // namespace virga::network
