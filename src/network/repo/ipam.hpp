#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "network/model/types.hpp"

namespace virga::network::repo {

/// One entry of `fixed_ips`: an address, a subnet, or both.
struct IpRequest {
    std::string subnet_id;
    std::optional<Address> address;
    bool is_kept = false;  ///< the port has it already, be it the gateway's from a time when that wasn't refused
};

/// No port may have it: who answers for it gets the traffic of all others.
bool is_gateway(const Subnet& subnet, const Address& address);
bool is_taken(db::Transaction& tx, const Subnet& subnet, const Address& address);
/// Addresses are given out and returned by who holds the lock of their network. What does it for several networks in a
/// transaction locks all of them first.
void lock_addresses(db::Transaction& tx, const std::set<std::string>& networks);
/// Gives the address to the port. Throws Fault IpAddressAlreadyAllocated (409).
void take_address(db::Transaction& tx, const Subnet& subnet, const std::string& port, const Address& address);
/// Gives the lowest free address of the pools to the port; nullopt when all are taken. Cost does not grow with the
/// number of ports: returned addresses are kept apart from those that were never given out.
std::optional<Address> take_lowest(db::Transaction& tx, const Subnet& subnet, const std::string& port);
/// How many more addresses take_lowest would give; counting ends at `most`.
std::int64_t count_free(db::Transaction& tx, const Subnet& subnet, std::int64_t most);
/// Gives addresses to a port of the network: the requested ones, or one of each IP version that the network has
/// subnets of. Throws Fault InvalidIpForNetwork, InvalidIpForSubnet (400: the gateway), IpAddressAlreadyAllocated,
/// IpAddressGenerationFailure (409).
void take_addresses(db::Transaction& tx, const std::string& network, const std::string& port,
                    const std::optional<std::vector<IpRequest>>& requests);
/// Gives back all addresses of the port.
void give_back_addresses(db::Transaction& tx, const std::string& port);
/// The subnet that an address must come from; nullptr when no subnet fits the request.
const Subnet* subnet_for(const std::vector<Subnet>& subnets, const IpRequest& request);

}  // namespace virga::network::repo
