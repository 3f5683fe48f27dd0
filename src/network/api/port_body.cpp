#include "network/api/port_body.hpp"

#include "network/api/bodies.hpp"
#include "network/api/subnet_body.hpp"
#include "network/model/fault.hpp"

namespace virga::network::api {
namespace {

constexpr std::size_t kMaxText = 255;
constexpr std::size_t kMaxFixedIps = 5;
constexpr std::size_t kMaxAddressPairs = 10;
constexpr std::size_t kMaxGroups = 50;
constexpr std::size_t kMaxProfileBytes = 4095;
constexpr std::string_view kNetworkOwner = "network:";

/// A port that the service put on a host belongs to its server: only an administrator may take it away, only wholly.
void read_device(http::Fields& fields, const PortRights& rights, Port& port) {
    const auto id = fields.string("device_id", 0, kMaxText).value_or(port.device_id);
    const auto owner = fields.string("device_owner", 0, kMaxText).value_or(port.device_owner);
    if (id == port.device_id && owner == port.device_owner) return;
    if (owner.starts_with(kNetworkOwner) && owner != port.device_owner && !rights.is_admin) {
        throw forbidden(rights.rule + ":device_owner");
    }
    if (is_bound(port)) {
        if (!rights.is_admin || !id.empty()) {
            throw conflict("PortBound", "Port " + port.id + " is bound to server " + port.device_id +
                                            ": detach it from the server first.");
        }
        port.server_id.clear();
        port.host_id.clear();
    }
    port.device_id = id;
    port.device_owner = owner;
}

void read_mac(http::Fields& fields, const PortRights& rights, Port& port) {
    const auto text = fields.string("mac_address", 1, kMaxText);
    if (!text) return;
    const auto mac = parse_mac(*text);
    if (!mac) fields.fail("mac_address", "'" + *text + "' is not a unicast MAC address like fa:16:3e:00:00:01");
    if (*mac == port.mac) return;
    if (!rights.owns_network) throw forbidden(rights.rule + ":mac_address");
    if (is_bound(port)) {
        throw conflict("PortBound", "Port " + port.id + " is bound to a server: its mac_address can't change.");
    }
    port.mac = *mac;
}

void read_binding(http::Fields& fields, const PortRights& rights, Port& port) {
    if (const auto host = fields.string("binding:host_id", 0, kMaxText); host && *host != port.host_id) {
        if (!rights.is_admin) throw forbidden(rights.rule + ":binding:host_id");
        if (is_bound(port)) {
            throw conflict("PortBound", "Port " + port.id + " is bound to server " + port.device_id +
                                            ": its binding:host_id can't change.");
        }
        port.host_id = *host;
    }
    if (const auto* profile = fields.object("binding:profile");
        profile != nullptr && *profile != port.binding_profile) {
        if (!rights.is_admin) throw forbidden(rights.rule + ":binding:profile");
        if (json::serialize(*profile).size() > kMaxProfileBytes) fields.fail("binding:profile", "is too long");
        port.binding_profile = *profile;
    }
    if (const auto type = fields.one_of("binding:vnic_type", {"normal"})) port.vnic_type = *type;
}

void read_pairs(http::Fields& fields, const PortRights& rights, Port& port) {
    const auto* list = fields.array("allowed_address_pairs", kMaxAddressPairs);
    if (list == nullptr) return;
    json::array pairs;
    for (const auto& item : *list) {
        if (!item.is_object()) fields.fail("allowed_address_pairs", "must be a list of {ip_address, mac_address}");
        http::Fields pair(item.get_object(), fields.path() + ".allowed_address_pairs");
        const auto address = pair.required_string("ip_address", 1, kMaxText);
        if (!Address::parse(address) && !Cidr::parse(address)) {
            pair.fail("ip_address", "'" + address + "' is neither an IP address nor a block");
        }
        const auto text = pair.string("mac_address", 1, kMaxText);
        const auto mac = text ? parse_mac(*text) : std::optional<std::string>(port.mac);
        if (!mac) pair.fail("mac_address", "'" + *text + "' is not a unicast MAC address");
        pair.finish();
        pairs.push_back(json::object{{"ip_address", address}, {"mac_address", *mac}});
    }
    if (pairs == port.allowed_address_pairs) return;
    if (!rights.owns_network) throw forbidden(rights.rule + ":allowed_address_pairs");
    port.allowed_address_pairs = std::move(pairs);
}

std::optional<std::vector<repo::IpRequest>> read_fixed_ips(http::Fields& fields, const PortRights& rights,
                                                           const Port& port) {
    const auto* list = fields.array("fixed_ips", kMaxFixedIps);
    if (list == nullptr) return std::nullopt;
    std::vector<repo::IpRequest> requests;
    for (const auto& item : *list) {
        if (!item.is_object()) fields.fail("fixed_ips", "must be a list of {subnet_id, ip_address}");
        http::Fields entry(item.get_object(), fields.path() + ".fixed_ips");
        repo::IpRequest request{entry.uuid("subnet_id").value_or(""), read_address(entry, "ip_address")};
        entry.finish();
        if (request.subnet_id.empty() && !request.address) entry.fail({}, "needs a subnet_id or an ip_address");
        const auto is_kept = [&](const FixedIp& ip) {
            return request.address && ip.address == request.address->text();
        };
        const bool is_new = std::none_of(port.fixed_ips.begin(), port.fixed_ips.end(), is_kept);
        if (request.address && is_new && !rights.owns_network) throw forbidden(rights.rule + ":fixed_ips:ip_address");
        requests.push_back(std::move(request));
    }
    return requests;
}

std::optional<std::vector<std::string>> read_groups(http::Fields& fields) {
    const auto* list = fields.array("security_groups", kMaxGroups);
    if (list == nullptr) return std::nullopt;
    std::vector<std::string> groups;
    for (const auto& item : *list) {
        if (!item.is_string() || !is_uuid_like(item.get_string())) {
            fields.fail("security_groups", "must be a list of ids of security groups");
        }
        auto id = canonical_uuid(item.get_string());
        if (std::find(groups.begin(), groups.end(), id) == groups.end()) groups.push_back(std::move(id));
    }
    return groups;
}

}  // namespace

PortWishes read_port(http::Fields& fields, const PortRights& rights, Port& port) {
    read_names(fields, port);
    if (auto up = fields.boolean("admin_state_up")) port.admin_state_up = *up;
    read_mac(fields, rights, port);
    read_device(fields, rights, port);
    read_binding(fields, rights, port);
    read_pairs(fields, rights, port);
    accept_only(fields, "extra_dhcp_opts", json::array());
    accept_only(fields, "port_security_enabled", true);
    PortWishes wishes{read_fixed_ips(fields, rights, port), read_groups(fields)};
    fields.finish();
    return wishes;
}

}  // namespace virga::network::api
