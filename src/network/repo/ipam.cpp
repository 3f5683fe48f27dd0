#include "network/repo/ipam.hpp"

#include "base/error.hpp"
#include "network/model/fault.hpp"
#include "network/repo/subnet_repo.hpp"

namespace virga::network::repo {
namespace {

/// False when another port has it.
bool insert_allocation(db::Transaction& tx, const Subnet& subnet, const std::string& port, const Address& address) {
    return tx.exec(
               "INSERT INTO ip_allocations (subnet_id, address_key, port_id, address, ip_version) VALUES (?,?,?,?,?) "
               "ON CONFLICT (subnet_id, address_key) DO NOTHING",
               {subnet.id, address.key(), port, address.text(), std::int64_t{address.version}}) > 0;
}

std::string next_key(db::Transaction& tx, const Subnet& subnet) {
    const auto row = tx.query_one("SELECT next_key FROM subnets WHERE id = ?", {subnet.id});
    if (!row) throw subnet_not_found(subnet.id);
    return row->text("next_key");
}

std::optional<Address> take_returned(db::Transaction& tx, const Subnet& subnet, const std::string& port) {
    const auto row = tx.query_one(
        "SELECT address_key FROM free_addresses WHERE subnet_id = ? ORDER BY address_key LIMIT 1", {subnet.id});
    if (!row) return std::nullopt;
    const auto address = Address::from_key(subnet.ip_version(), row->text("address_key"));
    tx.exec("DELETE FROM free_addresses WHERE subnet_id = ? AND address_key = ?", {subnet.id, address.key()});
    if (!insert_allocation(tx, subnet, port, address))
        throw Error(ErrorCode::Corrupt, "an address is both free and given out", address.text());
    return address;
}

/// Addresses that users chose themselves are passed over once: next_key only grows.
std::optional<Address> take_fresh(db::Transaction& tx, const Subnet& subnet, const std::string& port) {
    const auto start = Address::from_key(subnet.ip_version(), next_key(tx, subnet));
    auto candidate = next_in_pools(subnet.pools, start);
    while (candidate && !insert_allocation(tx, subnet, port, *candidate))
        candidate = next_in_pools(subnet.pools, candidate->plus(1));
    if (!candidate) return std::nullopt;
    tx.exec("UPDATE subnets SET next_key = ? WHERE id = ?", {candidate->plus(1).key(), subnet.id});
    return candidate;
}

Fault no_address_left(const std::string& network) {
    return conflict("IpAddressGenerationFailure", "No more IP addresses available on network " + network + ".");
}

void take_one_of_version(db::Transaction& tx, const std::string& network, const std::string& port,
                         const std::vector<Subnet>& subnets, int version) {
    bool has_subnet = false;
    for (const auto& subnet : subnets) {
        if (subnet.ip_version() != version) continue;
        has_subnet = true;
        if (take_lowest(tx, subnet, port)) return;
    }
    if (has_subnet) throw no_address_left(network);
}

void take_requested(db::Transaction& tx, const std::string& network, const std::string& port,
                    const std::vector<Subnet>& subnets, const IpRequest& request) {
    const auto* subnet = subnet_for(subnets, request);
    if (subnet == nullptr && request.address) {
        throw bad_request("InvalidIpForNetwork", "IP address " + request.address->text() +
                                                     " is not a valid IP for network " + network +
                                                     ": choose one that is inside of one of its subnets.");
    }
    if (subnet == nullptr) {
        throw bad_request("InvalidInput", "port.fixed_ips.subnet_id: subnet " + request.subnet_id +
                                              " does not belong to network " + network);
    }
    if (request.address && !request.is_kept && is_gateway(*subnet, *request.address)) {
        throw bad_request("InvalidIpForSubnet", "port.fixed_ips.ip_address: " + request.address->text() +
                                                    " is the gateway of subnet " + subnet->id + ": choose another");
    }
    if (request.address) return take_address(tx, *subnet, port, *request.address);
    if (!take_lowest(tx, *subnet, port)) throw no_address_left(network);
}

}  // namespace

bool is_gateway(const Subnet& subnet, const Address& address) {
    const auto gateway = Address::parse(subnet.gateway_ip);
    return gateway && *gateway == address;
}

bool is_taken(db::Transaction& tx, const Subnet& subnet, const Address& address) {
    return tx
        .query_one("SELECT port_id FROM ip_allocations WHERE subnet_id = ? AND address_key = ?",
                   {subnet.id, address.key()})
        .has_value();
}

void take_address(db::Transaction& tx, const Subnet& subnet, const std::string& port, const Address& address) {
    if (!insert_allocation(tx, subnet, port, address)) {
        throw conflict("IpAddressAlreadyAllocated",
                       "IP address " + address.text() + " already allocated in subnet " + subnet.id);
    }
    tx.exec("DELETE FROM free_addresses WHERE subnet_id = ? AND address_key = ?", {subnet.id, address.key()});
}

std::optional<Address> take_lowest(db::Transaction& tx, const Subnet& subnet, const std::string& port) {
    if (const auto address = take_returned(tx, subnet, port)) return address;
    return take_fresh(tx, subnet, port);
}

void lock_addresses(db::Transaction& tx, const std::set<std::string>& networks) {
    for (const auto& network : networks) tx.lock(db::Lock::Addresses, network);
}

std::int64_t count_free(db::Transaction& tx, const Subnet& subnet, std::int64_t most) {
    auto count = tx.scalar(
        "SELECT COUNT(*) FROM (SELECT address_key FROM free_addresses WHERE subnet_id = ? LIMIT ?) AS returned",
        {subnet.id, std::max<std::int64_t>(most, 0)});
    auto candidate = next_in_pools(subnet.pools, Address::from_key(subnet.ip_version(), next_key(tx, subnet)));
    for (; candidate && count < most; candidate = next_in_pools(subnet.pools, candidate->plus(1)))
        if (!is_taken(tx, subnet, *candidate)) ++count;
    return count;
}

const Subnet* subnet_for(const std::vector<Subnet>& subnets, const IpRequest& request) {
    for (const auto& subnet : subnets) {
        if (!request.subnet_id.empty() && subnet.id != request.subnet_id) continue;
        if (request.address && !usable_range(subnet.cidr).contains(*request.address)) continue;
        return &subnet;
    }
    return nullptr;
}

void take_addresses(db::Transaction& tx, const std::string& network, const std::string& port,
                    const std::optional<std::vector<IpRequest>>& requests) {
    tx.lock(db::Lock::Addresses, network);
    const auto subnets = list_subnets_of_network(tx, network);
    if (!requests) {
        take_one_of_version(tx, network, port, subnets, 4);
        take_one_of_version(tx, network, port, subnets, 6);
        return;
    }
    // Chosen addresses first, so that an automatic one doesn't take them.
    for (const bool chosen : {true, false}) {
        for (const auto& request : *requests) {
            if (request.address.has_value() == chosen) take_requested(tx, network, port, subnets, request);
        }
    }
}

void give_back_addresses(db::Transaction& tx, const std::string& port) {
    const auto rows = tx.query(
        "SELECT a.subnet_id, a.address_key, s.network_id FROM ip_allocations a JOIN subnets s ON s.id = a.subnet_id "
        "WHERE a.port_id = ?",
        {port});
    if (rows.empty()) return;
    tx.lock(db::Lock::Addresses, rows.front().text("network_id"));
    tx.exec("DELETE FROM ip_allocations WHERE port_id = ?", {port});
    for (const auto& row : rows) {
        const auto subnet = find_subnet(tx, row.text("subnet_id"));
        if (!subnet) continue;
        const auto key = row.text("address_key");
        const auto address = Address::from_key(subnet->ip_version(), key);
        if (key >= next_key(tx, *subnet) || !in_pools(subnet->pools, address)) continue;
        tx.exec("INSERT INTO free_addresses (subnet_id, address_key) VALUES (?,?) ON CONFLICT DO NOTHING",
                {subnet->id, key});
    }
}

}  // namespace virga::network::repo
