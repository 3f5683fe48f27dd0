#include "network/api/access.hpp"
#include "network/api/bodies.hpp"
#include "network/api/subnet_body.hpp"
#include "network/model/fault.hpp"
#include "network/model/subnet_rules.hpp"
#include "network/repo/ipam.hpp"
#include "network/repo/port_repo.hpp"
#include "network/repo/quota_repo.hpp"
#include "network/repo/subnet_repo.hpp"

namespace virga::network::api {
namespace {

const Collection kSubnets{"subnet",
                          "subnets",
                          "subnets",
                          {{"network_id", "t.network_id"},
                           {"ip_version", "t.ip_version", Kind::Number},
                           {"cidr", "t.cidr"},
                           {"gateway_ip", "COALESCE(t.gateway_ip, '')"},
                           {"enable_dhcp", "t.enable_dhcp", Kind::Boolean},
                           {"ipv6_ra_mode", "COALESCE(t.ipv6_ra_mode, '')"},
                           {"ipv6_address_mode", "COALESCE(t.ipv6_address_mode, '')"},
                           {"subnetpool_id", "''"},
                           {"segment_id", "''"}},
                          {}};

json::object view(const Subnet& subnet) {
    json::array pools;
    for (const auto& pool : subnet.pools) {
        pools.push_back(json::object{{"start", pool.first.text()}, {"end", pool.last.text()}});
    }
    auto out = standard_view(subnet);
    out["network_id"] = subnet.network_id;
    out["ip_version"] = subnet.ip_version();
    out["cidr"] = subnet.cidr.text();
    out["gateway_ip"] = string_or_null(subnet.gateway_ip);
    out["enable_dhcp"] = subnet.enable_dhcp;
    out["allocation_pools"] = std::move(pools);
    out["dns_nameservers"] = subnet.dns_nameservers;
    out["host_routes"] = subnet.host_routes;
    out["ipv6_ra_mode"] = string_or_null(subnet.ipv6_ra_mode);
    out["ipv6_address_mode"] = string_or_null(subnet.ipv6_address_mode);
    out["subnetpool_id"] = nullptr;
    out["service_types"] = json::array();
    return out;
}

Cidr read_cidr(http::Fields& fields) {
    const auto version = fields.required_integer("ip_version", 4, 6);
    const auto text = fields.required_string("cidr", 1, 64);
    const auto cidr = Cidr::parse(text);
    if (!cidr) fields.fail("cidr", "'" + text + "' is not a block of addresses like 192.0.2.0/24");
    check_cidr(*cidr, version);
    return *cidr;
}

/// Null means none; absent means the first address of a new subnet.
void read_gateway(http::Fields& fields, Subnet& subnet) {
    const bool is_given = fields.has("gateway_ip");
    const auto gateway = read_address(fields, "gateway_ip");
    if (gateway) check_gateway(subnet.cidr, *gateway);
    if (is_given) subnet.gateway_ip = gateway ? gateway->text() : std::string();
}

json::object make(Context& context, db::Transaction& tx, http::Fields& fields, const identity::Auth& auth) {
    Subnet subnet;
    subnet.id = new_uuid();
    subnet.network_id = fields.required_uuid("network_id");
    const auto network = visible_network(tx, auth, subnet.network_id);
    require_owner(auth, network, "create_subnet");
    subnet.project_id = project_of(fields, auth, "create_subnet");
    read_names(fields, subnet);
    subnet.cidr = read_cidr(fields);
    subnet.gateway_ip = usable_range(subnet.cidr).first.text();
    read_gateway(fields, subnet);
    subnet.enable_dhcp = fields.boolean("enable_dhcp").value_or(true);
    read_ipv6_modes(fields, subnet);
    read_lists(fields, subnet);
    const auto pools = read_pools(fields);
    subnet.pools = pools ? *pools : default_pools(subnet.cidr, Address::parse(subnet.gateway_ip));
    accept_only(fields, "service_types", json::array());
    accept_only(fields, "subnetpool_id", nullptr);
    fields.finish();
    check_pools(subnet);
    check_overlap(subnet, repo::list_subnets_of_network(tx, subnet.network_id));
    repo::check_quota(tx, context.config, subnet.project_id, QuotaResource::Subnets);
    repo::insert_subnet(tx, subnet);
    return view(subnet);
}

void check_gateway_is_free(db::Transaction& tx, const Subnet& subnet) {
    const auto gateway = Address::parse(subnet.gateway_ip);
    if (!gateway || !repo::is_taken(tx, subnet, *gateway)) return;
    throw conflict("GatewayIpInUse", "Gateway ip " + subnet.gateway_ip + " is in use by a port of the subnet.");
}

json::object change(db::Transaction& tx, http::Fields& fields, const identity::Auth& auth, const std::string& id) {
    const auto before = visible_subnet(tx, auth, id);
    require_owner(auth, before, "update_subnet");
    auto subnet = before;
    read_names(fields, subnet);
    read_gateway(fields, subnet);
    if (auto dhcp = fields.boolean("enable_dhcp")) subnet.enable_dhcp = *dhcp;
    read_lists(fields, subnet);
    if (auto pools = read_pools(fields)) subnet.pools = std::move(*pools);
    accept_only(fields, "service_types", json::array());
    fields.finish();
    check_pools(subnet);
    if (subnet.gateway_ip != before.gateway_ip) check_gateway_is_free(tx, subnet);
    repo::update_subnet(tx, subnet, subnet.pools != before.pools);
    return view(subnet);
}

/// Ports of the network's own services go with the subnet.
void delete_service_ports(db::Transaction& tx, const std::string& subnet) {
    for (const auto& id : repo::service_ports_of_subnet(tx, subnet)) repo::delete_port(tx, id);
}

http::Response remove(Context& context, http::Request& request, const identity::Auth& auth) {
    const auto& id = request.param("id");
    context.database.write_with([&](db::Transaction& tx) {
        require_owner(auth, visible_subnet(tx, auth, id), "delete_subnet");
        delete_service_ports(tx, id);
        if (!repo::port_on_subnet(tx, id).empty()) {
            throw conflict("SubnetInUse", "Unable to complete operation on subnet " + id +
                                              ": One or more ports have an IP allocation from this subnet.");
        }
        repo::delete_subnet(tx, id);
    });
    return http::Response::empty(204);
}

http::Response list_all(Context& context, http::Request& request, const identity::Auth& auth) {
    repo::ListQuery visible;
    see_subnets(auth, visible);
    auto listing = read_listing(request, kSubnets, std::move(visible));
    return list(context, request, kSubnets, std::move(listing), repo::list_subnets, view);
}

http::Response show(Context& context, http::Request& request, const identity::Auth& auth) {
    auto tx = context.database.read();
    return item_response(200, kSubnets, picked(request, view(visible_subnet(tx, auth, request.param("id")))));
}

}  // namespace

void add_subnets(http::Router& router, Context& context) {
    add_route(router, context, "GET", "/subnets", "get_subnet", list_all);
    add_route(router, context, "POST", "/subnets", "create_subnet",
              [](Context& c, http::Request& request, const identity::Auth& auth) {
                  return create(c, request, kSubnets,
                                [&](db::Transaction& tx, http::Fields& fields) { return make(c, tx, fields, auth); });
              });
    add_route(router, context, "GET", "/subnets/{id}", "get_subnet", show);
    add_route(router, context, "PUT", "/subnets/{id}", "update_subnet",
              [](Context& c, http::Request& request, const identity::Auth& auth) {
                  return update(c, request, kSubnets, [&](db::Transaction& tx, http::Fields& fields) {
                      return change(tx, fields, auth, request.param("id"));
                  });
              });
    add_route(router, context, "DELETE", "/subnets/{id}", "delete_subnet", remove);
}

}  // namespace virga::network::api
