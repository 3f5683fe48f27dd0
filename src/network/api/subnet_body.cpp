#include "network/api/subnet_body.hpp"

#include <set>

namespace virga::network::api {
namespace {

constexpr std::size_t kMaxAddressText = 64;
constexpr std::size_t kMaxPools = 100;
constexpr std::size_t kMaxNameservers = 5;
constexpr std::size_t kMaxRoutes = 20;

Address required_address(http::Fields& fields, std::string_view name) {
    const auto address = read_address(fields, name);
    if (!address) fields.fail(name, "is required");
    return *address;
}

json::array read_nameservers(const http::Fields& fields, const json::array& list) {
    json::array out;
    std::set<std::string> seen;
    for (const auto& item : list) {
        const auto address = item.is_string() ? Address::parse(item.get_string()) : std::nullopt;
        if (!address) fields.fail("dns_nameservers", "must be a list of IP addresses");
        if (!seen.insert(address->text()).second) fields.fail("dns_nameservers", address->text() + " is listed twice");
        out.emplace_back(address->text());
    }
    return out;
}

json::array read_routes(const http::Fields& fields, const json::array& list, int version) {
    json::array out;
    for (const auto& item : list) {
        if (!item.is_object()) fields.fail("host_routes", "must be a list of {destination, nexthop}");
        http::Fields route(item.get_object(), fields.path() + ".host_routes");
        const auto destination = Cidr::parse(route.required_string("destination", 1, kMaxAddressText));
        if (!destination) route.fail("destination", "must be a block like 10.1.0.0/16");
        const auto nexthop = required_address(route, "nexthop");
        if (destination->base.version != version || nexthop.version != version) {
            route.fail("nexthop", "must be of the subnet's ip_version, like the destination");
        }
        route.finish();
        out.push_back(json::object{{"destination", destination->text()}, {"nexthop", nexthop.text()}});
    }
    return out;
}

}  // namespace

std::optional<Address> read_address(http::Fields& fields, std::string_view name) {
    const auto text = fields.string(name, 1, kMaxAddressText);
    if (!text) return std::nullopt;
    const auto address = Address::parse(*text);
    if (!address) fields.fail(name, "'" + *text + "' is not a valid IP address");
    return address;
}

std::optional<std::vector<Range>> read_pools(http::Fields& fields) {
    const auto* list = fields.array("allocation_pools", kMaxPools);
    if (list == nullptr) return std::nullopt;
    std::vector<Range> pools;
    for (const auto& item : *list) {
        if (!item.is_object()) fields.fail("allocation_pools", "must be a list of {start, end}");
        http::Fields pool(item.get_object(), fields.path() + ".allocation_pools");
        const auto start = required_address(pool, "start");
        const auto end = required_address(pool, "end");
        pool.finish();
        if (start.version != end.version) pool.fail("end", "must be of the same IP version as start");
        pools.push_back({start, end});
    }
    return pools;
}

void read_lists(http::Fields& fields, Subnet& subnet) {
    if (const auto* list = fields.array("dns_nameservers", kMaxNameservers)) {
        subnet.dns_nameservers = read_nameservers(fields, *list);
    }
    if (const auto* list = fields.array("host_routes", kMaxRoutes)) {
        subnet.host_routes = read_routes(fields, *list, subnet.ip_version());
    }
}

void read_ipv6_modes(http::Fields& fields, Subnet& subnet) {
    for (const auto* name : {"ipv6_ra_mode", "ipv6_address_mode"}) {
        const auto mode = fields.one_of(name, {"dhcpv6-stateful"});
        if (!mode) continue;
        if (subnet.ip_version() != 6) fields.fail(name, "is for subnets of ip_version 6");
        if (!subnet.enable_dhcp) fields.fail(name, "needs enable_dhcp");
        (std::string_view(name) == "ipv6_ra_mode" ? subnet.ipv6_ra_mode : subnet.ipv6_address_mode) = *mode;
    }
}

}  // namespace virga::network::api
