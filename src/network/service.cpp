#include "network/service.hpp"

#include <algorithm>
#include <set>

#include "network/api/api.hpp"
#include "network/repo/allocate.hpp"
#include "network/repo/audit.hpp"
#include "network/repo/default_network.hpp"
#include "network/repo/ipam.hpp"
#include "network/repo/nic_requests.hpp"
#include "network/repo/nics.hpp"
#include "network/repo/port_repo.hpp"
#include "network/repo/quota_repo.hpp"
#include "network/repo/security_group_repo.hpp"
#include "network/repo/server_groups.hpp"
#include "network/repo/subnet_repo.hpp"

namespace virga::network {
namespace {

GuestSubnet guest_subnet(const Subnet& subnet) {
    GuestSubnet out{subnet.cidr.base.text(), subnet.cidr.prefix, subnet.gateway_ip, {}};
    for (const auto& server : subnet.dns_nameservers)
        out.dns_servers.emplace_back(std::string_view(server.as_string()));
    return out;
}

std::string resolve_group(db::Transaction& tx, const std::string& project, const std::string& name) {
    // The default group is made when it is first used.
    if (name == kDefaultGroupName || name == repo::default_group_id(project)) return repo::default_group_id(project);
    auto ids = repo::security_groups_called(tx, project, name);
    if (ids.empty()) {
        throw Error(ErrorCode::InvalidInput, "Security group " + name + " not found for project " + project + ".");
    }
    if (std::find(ids.begin(), ids.end(), name) != ids.end()) return name;
    if (ids.size() > 1) {
        throw Error(ErrorCode::Conflict,
                    "Multiple security groups found matching '" + name + "'. Use an ID to be more specific.");
    }
    return std::move(ids.front());
}

}  // namespace

struct Service::Impl {
    Impl(db::Database& database, const config::Config& config, identity::Service& identity, rpc::Caller& host_caller)
        : context{database, config, identity}, hosts(host_caller) {}
    api::Context context;
    rpc::Caller& hosts;
};

Service::Service(db::Database& database, const config::Config& config, identity::Service& identity, rpc::Caller& hosts,
                 taskflow::Runner&)
    : impl_(std::make_unique<Impl>(database, config, identity, hosts)) {}
Service::~Service() = default;

void Service::use(ServerNics& server_nics) {
    impl_->context.server_nics = &server_nics;
}

void Service::register_routes(http::Router& router) {
    api::register_routes(router, impl_->context);
}

void Service::bootstrap() {
    repo::make_default_network(impl_->context.database, impl_->context.config);
}

std::vector<std::string> Service::check(db::Transaction& tx, const std::vector<ServerId>& live_servers) {
    auto differences = repo::audit_devices(tx, live_servers);
    for (auto& line : repo::audit_usage(tx)) differences.push_back(std::move(line));
    for (auto& line : repo::audit_taps(tx, impl_->hosts)) differences.push_back(std::move(line));
    return differences;
}

std::vector<NicRequest> Service::check_request(db::Transaction& tx, const identity::Auth& auth,
                                               const json::value& networks, std::int64_t max_count) {
    return repo::check_nic_requests(tx, auth, networks, max_count);
}

std::vector<std::string> Service::resolve_security_groups(db::Transaction& tx, const identity::Auth& auth,
                                                          const std::vector<std::string>& names) {
    if (names.empty()) return {repo::default_group_id(auth.project.value)};
    std::vector<std::string> ids;
    for (const auto& name : names) {
        auto id = resolve_group(tx, auth.project.value, name);
        if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
    }
    return ids;
}

PortUsage Service::port_usage(db::Transaction& tx, const ProjectId& project) {
    return {repo::quota_of(tx, impl_->context.config, project.value, QuotaResource::Ports),
            repo::count_used(tx, project.value, QuotaResource::Ports)};
}

std::int64_t Service::address_room(db::Transaction& tx, const std::vector<NicRequest>& requests, std::int64_t most) {
    return repo::address_room(tx, requests, most);
}

void Service::claim(db::Transaction& tx, const identity::Auth& auth, const ServerId& server,
                    const std::vector<NicRequest>& requests, const std::vector<std::string>& security_groups) {
    repo::require_rights(tx, auth, requests);
    repo::claim_ports(tx, server, auth.project, requests, security_groups);
}

std::vector<Nic> Service::bind(db::Transaction& tx, const ServerId& server, const ProjectId& project,
                               const std::string& host, const std::vector<NicRequest>& requests,
                               const std::vector<std::string>& security_groups) {
    // A boot that an earlier version accepted has claimed nothing.
    if (repo::set_host(tx, server, host) < static_cast<std::int64_t>(requests.size())) {
        repo::claim_ports(tx, server, project, requests, security_groups);
        repo::set_host(tx, server, host);
    }
    return nics_of_server(tx, server);
}

void Service::unbind(db::Transaction& tx, const ServerId& server) {
    repo::set_host(tx, server, {});
}

namespace {

std::vector<Nic> nics_of(db::Transaction& tx, const ServerId& server, repo::Leaving leaving) {
    auto nics = repo::nics_of_servers(tx, {server}, leaving);
    const auto found = nics.find(server);
    return found == nics.end() ? std::vector<Nic>() : std::move(found->second);
}

}  // namespace

std::vector<Nic> Service::nics_of_server(db::Transaction& tx, const ServerId& server) {
    return nics_of(tx, server, repo::Leaving::Hidden);
}

std::vector<Nic> Service::plugged_nics_of_server(db::Transaction& tx, const ServerId& server) {
    return nics_of(tx, server, repo::Leaving::Included);
}

std::unordered_map<ServerId, std::vector<Nic>> Service::nics_of_servers(db::Transaction& tx,
                                                                        const std::vector<ServerId>& servers) {
    return repo::nics_of_servers(tx, servers);
}

std::map<std::string, GuestSubnet> Service::subnets_of_nics(db::Transaction& tx, const std::vector<Nic>& nics) {
    std::map<std::string, GuestSubnet> subnets;
    for (const auto& nic : nics) {
        for (const auto& ip : nic.fixed_ips) {
            if (subnets.contains(ip.subnet_id)) continue;
            if (const auto subnet = repo::find_subnet(tx, ip.subnet_id)) subnets[ip.subnet_id] = guest_subnet(*subnet);
        }
    }
    return subnets;
}

std::unordered_map<ServerId, std::vector<std::string>> Service::group_names_of_servers(
    db::Transaction& tx, const std::vector<ServerId>& servers) {
    return repo::group_names_of_servers(tx, servers);
}

std::vector<ServerSecurityGroup> Service::security_groups_of_server(db::Transaction& tx, const ServerId& server) {
    return repo::groups_of_server(tx, server);
}

void Service::set_port_status(db::Transaction& tx, const ServerId& server, std::string_view status) {
    repo::set_port_status(tx, server, std::string(status));
}

void Service::remove_port(db::Transaction& tx, const PortId& port) {
    repo::delete_port(tx, port.value);
}

void Service::release(db::Transaction& tx, const ServerId& server) {
    const auto ports = repo::list_ports_of_server(tx, server);
    std::set<std::string> networks;
    for (const auto& port : ports) networks.insert(port.network_id);
    repo::lock_addresses(tx, networks);
    for (const auto& id : repo::leaving_ports(tx, server)) repo::delete_port(tx, id);
    for (const auto& port : ports) {
        if (port.created_for_server) {
            repo::delete_port(tx, port.id);
        } else {
            repo::free_port(tx, port.id);
        }
    }
}

}  // namespace virga::network
