#include "network/repo/allocate.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "network/model/fault.hpp"
#include "network/repo/ipam.hpp"
#include "network/repo/network_repo.hpp"
#include "network/repo/port_repo.hpp"
#include "network/repo/security_group_repo.hpp"
#include "network/repo/subnet_repo.hpp"

namespace virga::network::repo {
namespace {

Port port_of(const ServerId& server, const ProjectId& project, const NicRequest& request, std::size_t index) {
    Port port;
    port.id = request.port.empty() ? derived_uuid(server.value, "port-" + std::to_string(index)) : request.port.value;
    port.project_id = project.value;
    port.network_id = request.network.value;
    port.device_id = server.value;
    port.device_owner = kComputeOwner;
    port.server_id = server.value;
    port.nic_index = static_cast<std::int64_t>(index);
    port.nic_tag = request.tag;
    return port;
}

void take(db::Transaction& tx, const Port& port) {
    if (claim_port(tx, port)) return;
    const auto found = find_port(tx, port.id);
    if (!found) throw Error(ErrorCode::InvalidInput, "Port id " + port.id + " could not be found.", {}, port.id);
    if (found->server_id == port.server_id) return;
    throw Error(ErrorCode::Conflict, "Port " + port.id + " is still in use.", {}, port.id);
}

std::optional<std::vector<IpRequest>> ip_requests(const NicRequest& request) {
    if (request.fixed_ip.empty()) return std::nullopt;
    const auto address = Address::parse(request.fixed_ip);
    if (!address) throw Error(ErrorCode::InvalidInput, "fixed_ip: '" + request.fixed_ip + "' is not an IP address");
    return std::vector<IpRequest>{{{}, address}};
}

/// Nova answers 400 where Neutron says 409.
void take_addresses_of(db::Transaction& tx, const Port& port, const NicRequest& request) {
    try {
        take_addresses(tx, port.network_id, port.id, ip_requests(request));
    } catch (const Fault& fault) {
        throw Error(ErrorCode::InvalidInput, "server.networks: " + fault.message(), {}, port.network_id);
    }
}

/// Where ports are to be made.
std::set<std::string> networks_of(const std::vector<NicRequest>& requests) {
    std::set<std::string> networks;
    for (const auto& request : requests) {
        if (request.port.empty()) networks.insert(request.network.value);
    }
    return networks;
}

/// What was checked before the transaction may be gone.
void require_network(db::Transaction& tx, const std::string& id) {
    const auto subnets = count_subnets(tx, id);
    if (!subnets) throw Error(ErrorCode::InvalidInput, "Network " + id + " could not be found.", {}, id);
    if (*subnets > 0) return;
    throw Error(ErrorCode::InvalidInput, "Network " + id + " requires a subnet in order to boot instances on.", {}, id);
}

void require_groups(db::Transaction& tx, const Port& port, const std::vector<std::string>& groups) {
    for (const auto& group : groups) {
        if (has_security_group(tx, group)) continue;
        if (group == default_group_id(port.project_id)) ensure_default_group(tx, port.project_id);
        if (has_security_group(tx, group)) continue;
        throw Error(ErrorCode::InvalidInput, "Security group " + group + " could not be found.", {}, group);
    }
}

void make(db::Transaction& tx, Port& port, const NicRequest& request, const std::vector<std::string>& groups) {
    require_network(tx, port.network_id);
    require_groups(tx, port, groups);
    port.created_for_server = true;
    insert_port(tx, port);
    take_addresses_of(tx, port, request);
    add_security_groups(tx, port.id, groups);
}

/// Each nic takes an address of each IP version that the network has subnets of.
std::int64_t room_in(db::Transaction& tx, const std::string& network, std::int64_t nics, std::int64_t most) {
    std::map<int, std::int64_t> free;
    for (const auto& subnet : list_subnets_of_network(tx, network)) {
        auto& sum = free[subnet.ip_version()];
        sum += count_free(tx, subnet, most * nics - sum);
    }
    for (const auto& [version, sum] : free) most = std::min(most, sum / nics);
    return most;
}

}  // namespace

void claim_ports(db::Transaction& tx, const ServerId& server, const ProjectId& project,
                 const std::vector<NicRequest>& requests, const std::vector<std::string>& security_groups) {
    lock_addresses(tx, networks_of(requests));
    for (std::size_t i = 0; i < requests.size(); ++i) {
        auto port = port_of(server, project, requests[i], i);
        if (!requests[i].port.empty()) {
            take(tx, port);
        } else if (!find_port(tx, port.id)) {
            make(tx, port, requests[i], security_groups);
        }
    }
}

std::int64_t address_room(db::Transaction& tx, const std::vector<NicRequest>& requests, std::int64_t most) {
    lock_addresses(tx, networks_of(requests));
    std::map<std::string, std::int64_t> nics;
    for (const auto& request : requests)
        if (request.port.empty()) ++nics[request.network.value];
    for (const auto& [network, count] : nics) most = std::min(most, room_in(tx, network, count, most));
    return most;
}

}  // namespace virga::network::repo
