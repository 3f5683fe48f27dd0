#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace virga::network {

/// A rule that lets traffic in, as the compute API shows it.
struct IngressRule {
    std::string id;
    std::string protocol;  ///< empty: any
    std::optional<std::int64_t> port_min;
    std::optional<std::int64_t> port_max;
    std::string cidr;  ///< empty: from anywhere, or from a group
    std::string remote_group_name;
    std::string remote_group_project;
};

/// A security group that at least one port of a server has.
struct ServerSecurityGroup {
    std::string id;
    std::string name;
    std::string description;
    std::string project_id;
    std::vector<IngressRule> rules;
};

}  // namespace virga::network
