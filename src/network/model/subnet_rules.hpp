#pragma once
#include "network/model/types.hpp"

namespace virga::network {

/// Whether the block has no addresses that hosts can't have: multicast, loopback or all of them.
bool can_be_subnet(const Cidr& cidr);
/// Throws Fault InvalidInput (400) for a block that no subnet can have: of another version than `ip_version`,
/// multicast, loopback or all addresses.
void check_cidr(const Cidr& cidr, std::int64_t ip_version);
/// Throws Fault InvalidInput (400) when the block overlaps one of the network's other subnets.
void check_overlap(const Subnet& subnet, const std::vector<Subnet>& others);
/// Of the subnet's version, and neither its network nor its broadcast address. Throws Fault InvalidInput (400).
void check_gateway(const Cidr& cidr, const Address& gateway);
/// Sorts the pools. Throws Fault InvalidAllocationPool (400), OverlappingAllocationPools or
/// GatewayConflictWithAllocationPools (409).
void check_pools(Subnet& subnet);

}  // namespace virga::network
