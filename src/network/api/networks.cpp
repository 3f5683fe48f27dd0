#include "network/api/access.hpp"
#include "network/api/bodies.hpp"
#include "network/model/fault.hpp"
#include "network/repo/network_repo.hpp"
#include "network/repo/port_repo.hpp"
#include "network/repo/quota_repo.hpp"
#include "network/settings.hpp"

namespace virga::network::api {
namespace {

const identity::policy::Check kProvider(policies(), "get_network:provider:network_type");
const identity::policy::Check kCreateProvider(policies(), "create_network:provider:network_type");
const identity::policy::Check kCreateShared(policies(), "create_network:shared");
const identity::policy::Check kUpdateShared(policies(), "update_network:shared");

constexpr std::int64_t kMinMtu = 68;
constexpr std::int64_t kMaxMtu = 9216;

const Collection kNetworks{"network",
                           "networks",
                           "networks",
                           {{"admin_state_up", "t.admin_state_up", Kind::Boolean},
                            {"shared", "t.shared", Kind::Boolean},
                            {"mtu", "t.mtu", Kind::Number},
                            {"status", "'ACTIVE'"},
                            {"router:external", "0", Kind::Boolean},
                            {"is_default", "0", Kind::Boolean},
                            {"provider:network_type", "'local'"},
                            {"provider:physical_network", "''"},
                            {"provider:segmentation_id", "-1", Kind::Number}},
                           {}};

json::object view(const Network& network, const identity::Auth& auth) {
    json::array subnets;
    for (const auto& id : network.subnets) subnets.emplace_back(id);
    auto out = standard_view(network);
    out["status"] = "ACTIVE";
    out["admin_state_up"] = network.admin_state_up;
    out["shared"] = network.shared;
    out["mtu"] = network.mtu;
    out["subnets"] = std::move(subnets);
    out["router:external"] = false;
    out["is_default"] = false;
    out["ipv4_address_scope"] = nullptr;
    out["ipv6_address_scope"] = nullptr;
    if (!kProvider.allows(auth)) return out;
    out["provider:network_type"] = "local";
    out["provider:physical_network"] = nullptr;
    out["provider:segmentation_id"] = nullptr;
    return out;
}

void read_network(http::Fields& fields, const identity::Auth& auth, const std::string& rule, Network& network) {
    read_names(fields, network);
    if (auto up = fields.boolean("admin_state_up")) network.admin_state_up = *up;
    if (auto shared = fields.boolean("shared"); shared && *shared != network.shared) {
        if (!(rule == "create_network" ? kCreateShared : kUpdateShared).allows(auth)) throw forbidden(rule + ":shared");
        network.shared = *shared;
    }
    if (auto mtu = fields.integer("mtu", kMinMtu, kMaxMtu)) network.mtu = *mtu;
    accept_only(fields, "router:external", false);
    accept_only(fields, "is_default", false);
    accept_only(fields, "port_security_enabled", true);
    fields.finish();
}

json::object make(Context& context, db::Transaction& tx, http::Fields& fields, const identity::Auth& auth) {
    Network network;
    network.id = new_uuid();
    network.project_id = project_of(fields, auth, "create_network");
    network.mtu = context.config.get(setting::mtu);
    if (fields.has_value("provider:network_type") && !kCreateProvider.allows(auth)) {
        throw forbidden(std::string(kCreateProvider.name()));
    }
    accept_only(fields, "provider:network_type", "local");
    read_network(fields, auth, "create_network", network);
    repo::check_quota(tx, context.config, network.project_id, QuotaResource::Networks);
    repo::insert_network(tx, network);
    return view(network, auth);
}

void check_unshare(db::Transaction& tx, const Network& before, const Network& after) {
    if (!before.shared || after.shared) return;
    if (repo::count_foreign_ports(tx, after.id, after.project_id) == 0) return;
    throw conflict("InvalidSharedSetting", "Unable to reconfigure sharing settings for network " + after.id +
                                               ". Multiple tenants are using it.");
}

json::object change(db::Transaction& tx, http::Fields& fields, const identity::Auth& auth, const std::string& id) {
    const auto before = visible_network(tx, auth, id);
    require_owner(auth, before, "update_network");
    auto network = before;
    read_network(fields, auth, "update_network", network);
    check_unshare(tx, before, network);
    repo::update_network(tx, network);
    return view(network, auth);
}

/// Ports of the network's own services don't keep it.
void delete_service_ports(db::Transaction& tx, const std::string& network) {
    for (const auto& id : repo::service_ports_of_network(tx, network)) repo::delete_port(tx, id);
}

http::Response remove(Context& context, http::Request& request, const identity::Auth& auth) {
    const auto& id = request.param("id");
    context.database.write_with([&](db::Transaction& tx) {
        require_owner(auth, visible_network(tx, auth, id), "delete_network");
        delete_service_ports(tx, id);
        if (repo::count_ports_of_network(tx, id) > 0) {
            throw conflict("NetworkInUse", "Unable to complete operation on network " + id +
                                               ". There are one or more ports still in use on the network.");
        }
        repo::delete_network(tx, id);
    });
    return http::Response::empty(204);
}

http::Response list_all(Context& context, http::Request& request, const identity::Auth& auth) {
    repo::ListQuery visible;
    see_networks(auth, visible);
    auto listing = read_listing(request, kNetworks, std::move(visible));
    return list(context, request, kNetworks, std::move(listing), repo::list_networks,
                [&](const Network& network) { return view(network, auth); });
}

http::Response show(Context& context, http::Request& request, const identity::Auth& auth) {
    auto tx = context.database.read();
    return item_response(200, kNetworks, picked(request, view(visible_network(tx, auth, request.param("id")), auth)));
}

}  // namespace

void add_networks(http::Router& router, Context& context) {
    add_route(router, context, "GET", "/networks", "get_network", list_all);
    add_route(router, context, "POST", "/networks", "create_network",
              [](Context& c, http::Request& request, const identity::Auth& auth) {
                  return create(c, request, kNetworks,
                                [&](db::Transaction& tx, http::Fields& fields) { return make(c, tx, fields, auth); });
              });
    add_route(router, context, "GET", "/networks/{id}", "get_network", show);
    add_route(router, context, "PUT", "/networks/{id}", "update_network",
              [](Context& c, http::Request& request, const identity::Auth& auth) {
                  return update(c, request, kNetworks, [&](db::Transaction& tx, http::Fields& fields) {
                      return change(tx, fields, auth, request.param("id"));
                  });
              });
    add_route(router, context, "DELETE", "/networks/{id}", "delete_network", remove);
}

}  // namespace virga::network::api
