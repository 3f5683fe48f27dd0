#include "network/policy.hpp"

namespace virga::network {

using identity::policy::admin;
using identity::policy::member;
using identity::policy::reader;

const identity::policy::Table& policies() {
    static const identity::policy::Table table(
        "network",
        {
            {"create_network", member, "Create a network."},
            {"create_network:shared", admin, "Create a network that all projects may use."},
            {"create_network:provider:network_type", admin, "Say how a new network is made."},
            {"get_network", reader, "Show and list networks: those of the project, and shared ones."},
            {"get_network:provider:network_type", admin, "See how a network is made."},
            {"update_network", member, "Change a network."},
            {"update_network:shared", admin, "Change whether all projects may use a network."},
            {"delete_network", member, "Delete a network."},
            {"create_subnet", member, "Create a subnet in a network of the project."},
            {"get_subnet", reader, "Show and list subnets."},
            {"update_subnet", member, "Change a subnet."},
            {"delete_subnet", member, "Delete a subnet."},
            {"create_port", member, "Create a port."},
            {"get_port", reader, "Show and list ports."},
            {"get_port:binding:host_id", admin, "See on which host a port is, and how."},
            {"update_port", member, "Change a port."},
            {"delete_port", member, "Delete a port."},
            {"port:any_attribute", admin,
             "Set attributes of ports that the policies keep for administrators and owners of the network."},
            {"create_security_group", member, "Create a security group."},
            {"get_security_group", reader, "Show and list security groups."},
            {"update_security_group", member, "Change a security group."},
            {"update_security_group:default", admin, "Rename the default security group of a project."},
            {"delete_security_group", member, "Delete a security group."},
            {"create_security_group_rule", member, "Create a rule of a security group."},
            {"get_security_group_rule", reader, "Show and list rules of security groups."},
            {"delete_security_group_rule", member, "Delete a rule of a security group."},
            {"get_quota", reader, "Show the quota of a project: of one's own, or any."},
            {"get_quotas", admin, "List the quotas of projects."},
            {"update_quota", admin, "Change the quota of a project."},
            {"delete_quota", admin, "Put the quota of a project back to its defaults."},
            {"get_extensions", reader, "List the extensions of the API."},
            {"get_subnetpool", reader, "List subnet pools, of which there are none."},
            {"get_router", reader, "List routers, of which there are none."},
            {"get_floatingip", reader, "List floating addresses, of which there are none."},
            {"get_agent", reader, "List agents, of which there are none."},
            {"get_availability_zone", reader, "List availability zones, of which there are none."},
            {"get_address_scope", reader, "List address scopes, of which there are none."},
            {"get_address_group", reader, "List address groups, of which there are none."},
            {"get_policy", reader, "List QoS policies, of which there are none."},
            {"get_trunk", reader, "List trunks, of which there are none."},
            {"get_segment", reader, "List segments, of which there are none."},
            {"get_rbac_policy", reader, "List RBAC policies, of which there are none."},
            {"get_network_ip_availability", reader, "List addresses that networks have left, of which there are none."},
            {"get_service_provider", reader, "List service providers, of which there are none."},
            {"context_is_admin", admin, "See and change what is of all projects."},
        });
    return table;
}

}  // namespace virga::network
