#include "network/service.hpp"

namespace virga::network {
namespace {

// Columns of every resource.
const std::string kStandard =
    "id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, "
    "created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL, revision BIGINT NOT NULL, ";

std::vector<std::string> network_tables() {
    return {
        "CREATE TABLE networks (" + kStandard +
            "admin_state_up BIGINT NOT NULL, shared BIGINT NOT NULL, mtu BIGINT NOT NULL)",
        "CREATE INDEX networks_by_project ON networks (project_id)",
        // next_key: pool addresses below it are given out or in free_addresses, those from it on were never given out.
        "CREATE TABLE subnets (" + kStandard +
            "network_id TEXT NOT NULL REFERENCES networks (id), ip_version BIGINT NOT NULL, cidr TEXT NOT NULL, "
            "gateway_ip TEXT, enable_dhcp BIGINT NOT NULL, pools TEXT NOT NULL, dns_nameservers TEXT NOT NULL, "
            "host_routes TEXT NOT NULL, ipv6_ra_mode TEXT, ipv6_address_mode TEXT, next_key TEXT NOT NULL)",
        "CREATE INDEX subnets_by_network ON subnets (network_id)",
        "CREATE INDEX subnets_by_project ON subnets (project_id)",
        "CREATE TABLE ports (" + kStandard +
            "network_id TEXT NOT NULL REFERENCES networks (id), mac TEXT NOT NULL UNIQUE, "
            "admin_state_up BIGINT NOT NULL, status TEXT NOT NULL, device_id TEXT NOT NULL, "
            "device_owner TEXT NOT NULL, host_id TEXT NOT NULL, vnic_type TEXT NOT NULL, "
            "allowed_address_pairs TEXT NOT NULL, binding_profile TEXT NOT NULL, "
            "created_for_server BIGINT NOT NULL, nic_index BIGINT NOT NULL, nic_tag TEXT NOT NULL)",
        "CREATE INDEX ports_by_network ON ports (network_id)",
        "CREATE INDEX ports_by_project ON ports (project_id)",
        "CREATE INDEX ports_by_device ON ports (device_id)",
        "CREATE INDEX ports_by_host ON ports (host_id)",
    };
}

std::vector<std::string> address_tables() {
    return {
        // The key makes it impossible to give out an address twice.
        "CREATE TABLE ip_allocations (subnet_id TEXT NOT NULL REFERENCES subnets (id), address_key TEXT NOT NULL, "
        "port_id TEXT NOT NULL REFERENCES ports (id), address TEXT NOT NULL, ip_version BIGINT NOT NULL, "
        "PRIMARY KEY (subnet_id, address_key))",
        "CREATE INDEX ip_allocations_by_port ON ip_allocations (port_id)",
        "CREATE INDEX ip_allocations_by_address ON ip_allocations (address)",
        "CREATE TABLE free_addresses (subnet_id TEXT NOT NULL REFERENCES subnets (id), address_key TEXT NOT NULL, "
        "PRIMARY KEY (subnet_id, address_key))",
    };
}

std::vector<std::string> group_tables() {
    return {
        "CREATE TABLE security_groups (" + kStandard + "stateful BIGINT NOT NULL, is_default BIGINT NOT NULL)",
        "CREATE INDEX security_groups_by_project ON security_groups (project_id)",
        "CREATE UNIQUE INDEX default_security_groups ON security_groups (project_id) WHERE is_default = 1",
        "CREATE TABLE security_group_rules (" + kStandard +
            "security_group_id TEXT NOT NULL REFERENCES security_groups (id), direction TEXT NOT NULL, "
            "ethertype TEXT NOT NULL, protocol TEXT, port_range_min BIGINT, port_range_max BIGINT, "
            "remote_ip_prefix TEXT, remote_group_id TEXT)",
        "CREATE INDEX security_group_rules_by_group ON security_group_rules (security_group_id)",
        "CREATE INDEX security_group_rules_by_project ON security_group_rules (project_id)",
        "CREATE INDEX security_group_rules_by_remote ON security_group_rules (remote_group_id)",
        "CREATE TABLE port_security_groups (port_id TEXT NOT NULL REFERENCES ports (id), "
        "security_group_id TEXT NOT NULL REFERENCES security_groups (id), PRIMARY KEY (port_id, security_group_id))",
        "CREATE INDEX port_security_groups_by_group ON port_security_groups (security_group_id)",
        "CREATE TABLE network_quotas (project_id TEXT NOT NULL, resource TEXT NOT NULL, bound BIGINT NOT NULL, "
        "PRIMARY KEY (project_id, resource))",
        "CREATE TABLE network_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    };
}

}  // namespace

const std::vector<db::Migration>& migrations() {
    static const std::vector<db::Migration> steps = [] {
        auto statements = network_tables();
        for (auto& statement : address_tables()) statements.push_back(std::move(statement));
        for (auto& statement : group_tables()) statements.push_back(std::move(statement));
        return std::vector<db::Migration>{
            {"network", 1, std::move(statements)},
            {"network", 2, {"ALTER TABLE ports ADD COLUMN leaving BIGINT NOT NULL DEFAULT 0"}},
            // The server that holds the port from its request on. Anybody may write a device_id; this only the service.
            {"network",
             3,
             {"ALTER TABLE ports ADD COLUMN server_id TEXT NOT NULL DEFAULT ''",
              "UPDATE ports SET server_id = device_id WHERE device_owner LIKE 'compute:%' AND host_id <> ''",
              "CREATE INDEX ports_by_server ON ports (server_id)"}},
            // A page of a project's ports is read in its order, also of those that others have in its networks; how
            // many it has is known without a count.
            {"network",
             4,
             {"DROP INDEX ports_by_project", "CREATE INDEX ports_by_project ON ports (project_id, id)",
              "ALTER TABLE ports ADD COLUMN network_owner TEXT",
              "UPDATE ports SET network_owner = (SELECT n.project_id FROM networks n WHERE n.id = ports.network_id) "
              "WHERE project_id <> (SELECT n.project_id FROM networks n WHERE n.id = ports.network_id)",
              "CREATE INDEX ports_by_network_owner ON ports (network_owner, id)",
              "CREATE TABLE port_usage (project_id TEXT PRIMARY KEY, ports BIGINT NOT NULL)",
              "INSERT INTO port_usage (project_id, ports) SELECT project_id, COUNT(*) FROM ports GROUP BY "
              "project_id"}},
            // Most ports are their network's owner's, and a new one is on no host yet: those are in no index of the
            // others.
            {"network",
             5,
             {"DROP INDEX ports_by_network_owner",
              "CREATE INDEX ports_by_network_owner ON ports (network_owner, id) WHERE network_owner IS NOT NULL",
              "DROP INDEX ports_by_host", "CREATE INDEX ports_by_host ON ports (host_id) WHERE host_id <> ''"}}};
    }();
    return steps;
}

}  // namespace virga::network
