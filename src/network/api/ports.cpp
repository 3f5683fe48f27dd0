#include <algorithm>

#include "http/query.hpp"
#include "network/api/access.hpp"
#include "network/api/bodies.hpp"
#include "network/api/port_body.hpp"
#include "network/model/fault.hpp"
#include "network/repo/nics.hpp"
#include "network/repo/port_filters.hpp"
#include "network/repo/port_repo.hpp"
#include "network/repo/quota_repo.hpp"
#include "network/repo/security_group_repo.hpp"

namespace virga::network::api {
namespace {

const identity::policy::Check kBinding(policies(), "get_port:binding:host_id");
const identity::policy::Check kAnyAttribute(policies(), "port:any_attribute");

const Collection kPorts{"port",
                        "ports",
                        "ports",
                        {{"network_id", "t.network_id"},
                         {"mac_address", "t.mac"},
                         {"admin_state_up", "t.admin_state_up", Kind::Boolean},
                         {"status", "t.status"},
                         {"device_id", "t.device_id"},
                         {"device_owner", "t.device_owner"},
                         {"binding:host_id", "t.host_id"},
                         {"binding:vnic_type", "t.vnic_type"}},
                        {"fixed_ips", "security_groups"}};

json::object view(const Port& port, const identity::Auth& auth) {
    json::array ips;
    for (const auto& ip : port.fixed_ips) {
        ips.push_back(json::object{{"subnet_id", ip.subnet_id}, {"ip_address", ip.address}});
    }
    json::array groups;
    for (const auto& id : port.security_groups) groups.emplace_back(id);
    auto out = standard_view(port);
    out["network_id"] = port.network_id;
    out["mac_address"] = port.mac;
    out["admin_state_up"] = port.admin_state_up;
    out["status"] = port.status;
    out["device_id"] = port.device_id;
    out["device_owner"] = port.device_owner;
    out["fixed_ips"] = std::move(ips);
    out["security_groups"] = std::move(groups);
    out["allowed_address_pairs"] = port.allowed_address_pairs;
    out["extra_dhcp_opts"] = json::array();
    out["binding:vnic_type"] = port.vnic_type;
    if (!kBinding.allows(auth)) return out;
    out["binding:host_id"] = port.host_id;
    out["binding:vif_type"] = port.host_id.empty() ? "unbound" : "bridge";
    out["binding:vif_details"] = json::object();
    out["binding:profile"] = port.binding_profile;
    return out;
}

/// fixed_ips=ip_address=1.2.3.4, subnet_id=<id>, ip_address_substr=1.2: each narrows the list.
void add_fixed_ip_filters(const http::Request& request, repo::ListQuery& query) {
    db::Params addresses;
    db::Params subnets;
    for (const auto& text : http::query_values(request, "fixed_ips")) {
        const auto split = text.find('=');
        const auto name = text.substr(0, split);
        const auto value = split == std::string::npos ? std::string() : text.substr(split + 1);
        if (name == "ip_address") {
            const auto address = Address::parse(value);
            addresses.emplace_back(address ? address->text() : value);
        } else if (name == "subnet_id") {
            subnets.emplace_back(value);
        } else if (name == "ip_address_substr") {
            repo::add_address_part(query, value);
        } else {
            throw Error(ErrorCode::InvalidInput,
                        "fixed_ips: must be ip_address=..., ip_address_substr=... or "
                        "subnet_id=...");
        }
    }
    repo::add_addresses(query, std::move(addresses));
    repo::add_subnets(query, std::move(subnets));
}

void add_group_filter(const http::Request& request, repo::ListQuery& query) {
    db::Params groups;
    for (const auto& id : http::query_values(request, "security_groups")) groups.emplace_back(id);
    repo::add_security_groups(query, std::move(groups));
}

/// The index of hosts has the ports that are on one.
void narrow_to_bound(const http::Request& request, repo::ListQuery& query) {
    const auto hosts = http::query_values(request, "binding:host_id");
    const bool named = std::none_of(hosts.begin(), hosts.end(), [](const auto& host) { return host.empty(); });
    if (!hosts.empty() && named) query.add("t.host_id <> ''", {});
}

std::vector<std::string> checked_groups(db::Transaction& tx, const identity::Auth& auth, const Port& port,
                                        const std::optional<std::vector<std::string>>& wanted) {
    repo::ensure_default_group(tx, port.project_id);
    if (!wanted) {
        if (port.project_id.empty()) return {};
        return {repo::default_group_id(port.project_id)};
    }
    for (const auto& id : *wanted) visible_security_group(tx, auth, id);
    return *wanted;
}

json::object reloaded(db::Transaction& tx, const std::string& id, const identity::Auth& auth) {
    const auto port = repo::find_port(tx, id);
    if (!port) throw port_not_found(id);
    return view(*port, auth);
}

json::object make(Context& context, db::Transaction& tx, http::Fields& fields, const identity::Auth& auth) {
    Port port;
    port.id = new_uuid();
    port.network_id = fields.required_uuid("network_id");
    const auto network = visible_network(tx, auth, port.network_id);
    port.project_id = project_of(fields, auth, "create_port");
    const auto wishes = read_port(fields, {kAnyAttribute.allows(auth), owns(auth, network), "create_port"}, port);
    const auto groups = checked_groups(tx, auth, port, wishes.security_groups);
    repo::check_quota(tx, context.config, port.project_id, QuotaResource::Ports);
    repo::insert_port(tx, port);
    repo::take_addresses(tx, port.network_id, port.id, wishes.fixed_ips);
    repo::add_security_groups(tx, port.id, groups);
    return reloaded(tx, port.id, auth);
}

/// What a host has of the port.
Nic nic_of(const Port& port) {
    Nic nic;
    nic.port_id = port.id;
    nic.network_id = port.network_id;
    nic.mac = port.mac;
    nic.fixed_ips = port.fixed_ips;
    nic.tap = repo::tap_name(port.id);
    nic.bridge = repo::bridge_name(port.network_id);
    return nic;
}

/// An entry that only names a subnet keeps the address that the port has there.
void keep_addresses(const Port& port, std::vector<repo::IpRequest>& requests) {
    auto present = port.fixed_ips;
    for (auto& request : requests) {
        const auto is_same = [&](const FixedIp& ip) {
            return request.address && ip.address == request.address->text() &&
                   (request.subnet_id.empty() || request.subnet_id == ip.subnet_id);
        };
        request.is_kept = std::erase_if(present, is_same) > 0;
    }
    for (auto& request : requests) {
        if (request.address) continue;
        const auto found = std::find_if(present.begin(), present.end(),
                                        [&](const FixedIp& ip) { return ip.subnet_id == request.subnet_id; });
        if (found == present.end()) continue;
        request.address = Address::parse(found->address);
        request.is_kept = true;
        present.erase(found);
    }
}

void check_new_mac(db::Transaction& tx, const Port& before, const Port& port) {
    if (port.mac == before.mac || !repo::is_mac_taken(tx, port.mac)) return;
    throw conflict("MacAddressInUse", "The mac address " + port.mac + " is in use: choose another one.");
}

/// An administrator may take a port away from a server that is gone. Of one that is there, the device would stay in the
/// guest, or the boot would miss it.
void check_taken_away(Context& context, db::Transaction& tx, const Port& before, const Port& port) {
    if (!is_bound(before) || is_bound(port) || context.server_nics == nullptr) return;
    if (!context.server_nics->exists(tx, ServerId(before.server_id))) return;
    throw conflict("PortBound", "Port " + port.id + " is bound to server " + before.server_id +
                                    ": its device_id can't change. Delete the port or the server.");
}

json::object change(Context& context, db::Transaction& tx, http::Fields& fields, const identity::Auth& auth,
                    const std::string& id) {
    const auto before = visible_port(tx, auth, id);
    require_owner(auth, before, "update_port");
    const bool owns_network = kAnyAttribute.allows(auth) || owns(auth, visible_network(tx, auth, before.network_id));
    auto port = before;
    auto wishes = read_port(fields, {kAnyAttribute.allows(auth), owns_network, "update_port"}, port);
    check_new_mac(tx, before, port);
    check_taken_away(context, tx, before, port);
    repo::update_port(tx, port);
    if (wishes.security_groups) {
        repo::set_security_groups(tx, id, checked_groups(tx, auth, port, wishes.security_groups));
    }
    if (wishes.fixed_ips) {
        keep_addresses(before, *wishes.fixed_ips);
        repo::give_back_addresses(tx, id);
        repo::take_addresses(tx, port.network_id, id, wishes.fixed_ips);
    }
    const bool is_enforced = wishes.fixed_ips || port.allowed_address_pairs != before.allowed_address_pairs;
    if (is_enforced && is_bound(port) && context.server_nics != nullptr) {
        context.server_nics->refresh(tx, auth, ServerId(port.server_id));
    }
    return reloaded(tx, id, auth);
}

http::Response remove(Context& context, http::Request& request, const identity::Auth& auth) {
    const auto& id = request.param("id");
    context.database.write_with([&](db::Transaction& tx) {
        const auto port = visible_port(tx, auth, id);
        if (is_bound(port) && context.server_nics != nullptr &&
            context.server_nics->begin_detach(tx, auth, ServerId(port.server_id), nic_of(port))) {
            repo::set_leaving(tx, id);
        } else {
            repo::delete_port(tx, id);
        }
    });
    return http::Response::empty(204);
}

http::Response list_all(Context& context, http::Request& request, const identity::Auth& auth) {
    // An order by host, or a list of one, would tell on which host a port is.
    const bool by_host = std::any_of(request.query.begin(), request.query.end(), [](const auto& item) {
        return item.first == "binding:host_id" || item.second == "binding:host_id";
    });
    if (by_host && !kBinding.allows(auth)) throw forbidden(std::string(kBinding.name()));
    repo::ListQuery visible;
    see_ports(auth, visible);
    auto listing = read_listing(request, kPorts, std::move(visible));
    add_fixed_ip_filters(request, listing.query);
    add_group_filter(request, listing.query);
    narrow_to_bound(request, listing.query);
    return list(context, request, kPorts, std::move(listing), repo::list_ports,
                [&](const Port& port) { return view(port, auth); });
}

http::Response show(Context& context, http::Request& request, const identity::Auth& auth) {
    auto tx = context.database.read();
    return item_response(200, kPorts, picked(request, view(visible_port(tx, auth, request.param("id")), auth)));
}

}  // namespace

void add_ports(http::Router& router, Context& context) {
    add_route(router, context, "GET", "/ports", "get_port", list_all);
    add_route(router, context, "POST", "/ports", "create_port",
              [](Context& c, http::Request& request, const identity::Auth& auth) {
                  return create(c, request, kPorts,
                                [&](db::Transaction& tx, http::Fields& fields) { return make(c, tx, fields, auth); });
              });
    add_route(router, context, "GET", "/ports/{id}", "get_port", show);
    add_route(router, context, "PUT", "/ports/{id}", "update_port",
              [](Context& c, http::Request& request, const identity::Auth& auth) {
                  return update(c, request, kPorts, [&](db::Transaction& tx, http::Fields& fields) {
                      return change(c, tx, fields, auth, request.param("id"));
                  });
              });
    add_route(router, context, "DELETE", "/ports/{id}", "delete_port", remove);
}

}  // namespace virga::network::api
