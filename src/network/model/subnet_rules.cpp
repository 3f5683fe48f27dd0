#include "network/model/subnet_rules.hpp"

#include <algorithm>

#include "network/model/fault.hpp"

namespace virga::network {
namespace {

const std::vector<Cidr>& unusable_blocks() {
    static const std::vector<Cidr> kBlocks{*Cidr::parse("0.0.0.0/8"), *Cidr::parse("127.0.0.0/8"),
                                           *Cidr::parse("224.0.0.0/3"), *Cidr::parse("::/127"),
                                           *Cidr::parse("ff00::/8")};
    return kBlocks;
}

}  // namespace

bool can_be_subnet(const Cidr& cidr) {
    const auto& blocks = unusable_blocks();
    return std::none_of(blocks.begin(), blocks.end(), [&](const Cidr& block) { return block.overlaps(cidr); });
}

void check_cidr(const Cidr& cidr, std::int64_t ip_version) {
    if (cidr.base.version != ip_version) {
        throw bad_request("InvalidInput", "subnet.cidr: " + cidr.text() + " is not a block of ip_version " +
                                              std::to_string(ip_version));
    }
    for (const auto& block : unusable_blocks()) {
        if (!block.overlaps(cidr)) continue;
        throw bad_request("InvalidInput", "subnet.cidr: " + cidr.text() + " has addresses of " + block.text() +
                                              ", which hosts can't have; choose another block");
    }
}

void check_overlap(const Subnet& subnet, const std::vector<Subnet>& others) {
    for (const auto& other : others) {
        if (other.id == subnet.id || !other.cidr.overlaps(subnet.cidr)) continue;
        // Clients look for "overlaps with another subnet" and then try the next block.
        throw bad_request("InvalidInput", "Requested subnet with cidr " + subnet.cidr.text() + " for network " +
                                              subnet.network_id + " overlaps with another subnet: " + other.id + " (" +
                                              other.cidr.text() + ")");
    }
}

void check_gateway(const Cidr& cidr, const Address& gateway) {
    const bool is_usable = gateway.version == cidr.base.version && gateway.value != 0 &&
                           (!cidr.contains(gateway) || usable_range(cidr).contains(gateway));
    if (!is_usable) {
        throw bad_request("InvalidInput",
                          "subnet.gateway_ip: " + gateway.text() + " can't be the gateway of " + cidr.text());
    }
}

void check_pools(Subnet& subnet) {
    auto& pools = subnet.pools;
    const auto usable = usable_range(subnet.cidr);
    for (const auto& pool : pools) {
        if (pool.first <= pool.last && usable.contains(pool.first) && usable.contains(pool.last)) continue;
        throw bad_request("InvalidAllocationPool",
                          "subnet.allocation_pools: " + pool.first.text() + "-" + pool.last.text() +
                              " must be an ascending range of usable addresses of " + subnet.cidr.text());
    }
    std::sort(pools.begin(), pools.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
    for (std::size_t i = 1; i < pools.size(); ++i) {
        if (!pools[i].overlaps(pools[i - 1])) continue;
        throw conflict("OverlappingAllocationPools", "subnet.allocation_pools: " + pools[i - 1].first.text() + "-" +
                                                         pools[i - 1].last.text() + " overlaps the next pool");
    }
    const auto gateway = Address::parse(subnet.gateway_ip);
    if (gateway && in_pools(pools, *gateway)) {
        throw conflict(
            "GatewayConflictWithAllocationPools",
            "Gateway ip " + subnet.gateway_ip + " conflicts with the allocation pools: leave it out of them.");
    }
}

}  // namespace virga::network
