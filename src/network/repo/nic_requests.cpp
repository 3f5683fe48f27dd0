#include "network/repo/nic_requests.hpp"

#include <set>

#include "http/schema.hpp"
#include "network/policy.hpp"
#include "network/repo/ipam.hpp"
#include "network/repo/network_repo.hpp"
#include "network/repo/port_repo.hpp"
#include "network/repo/subnet_repo.hpp"

namespace virga::network::repo {
namespace {

constexpr std::size_t kMaxNics = 64;
constexpr std::size_t kMaxTag = 60;

const identity::policy::Check kAdmin(policies(), "context_is_admin");

[[noreturn]] void refuse(const std::string& message) {
    throw Error(ErrorCode::InvalidInput, message);
}

void require_subnet(const Network& network) {
    if (network.subnets.empty()) {
        refuse("Network " + network.id + " requires a subnet in order to boot instances on.");
    }
}

Network visible_network(db::Transaction& tx, const identity::Auth& auth, const std::string& id) {
    const auto network = find_network(tx, id);
    if (!network || (!network->shared && !auth.reaches(ProjectId(network->project_id)))) {
        refuse("Network " + id + " could not be found.");
    }
    return *network;
}

/// The right that a port with a chosen address needs: elsewhere than on one's own network it could be anybody's.
void require_choice(const identity::Auth& auth, const Network& network) {
    if (network.project_id == auth.project.value || kAdmin.allows(auth)) return;
    throw Error(ErrorCode::Forbidden,
                "server.networks.fixed_ip: create_port:fixed_ips:ip_address is not allowed by policy for this user: "
                "leave it out, or choose a network of your project",
                {}, network.id);
}

void check_fixed_ip(db::Transaction& tx, const identity::Auth& auth, const Network& network, const std::string& text) {
    require_choice(auth, network);
    const auto address = Address::parse(text);
    if (!address) refuse("networks.fixed_ip: '" + text + "' is not an IP address");
    const auto subnets = list_subnets_of_network(tx, network.id);
    const auto* subnet = subnet_for(subnets, {{}, address});
    if (subnet == nullptr) refuse("Fixed IP " + text + " is not a valid ip address for network " + network.id + ".");
    if (is_gateway(*subnet, *address)) {
        refuse("server.networks.fixed_ip: " + text + " is the gateway of network " + network.id + ": choose another");
    }
    if (is_taken(tx, *subnet, *address)) {
        refuse("Fixed IP address " + text + " is already in use on network " + network.id + ".");
    }
}

Port visible_port(db::Transaction& tx, const identity::Auth& auth, const std::string& id) {
    auto port = find_port(tx, id);
    if (!port || !auth.reaches(ProjectId(port->project_id))) {
        refuse("Port id " + id + " could not be found.");
    }
    return *std::move(port);
}

NicRequest port_request(db::Transaction& tx, const identity::Auth& auth, const std::string& id) {
    const auto port = visible_port(tx, auth, id);
    if (!port.device_id.empty()) {
        throw Error(ErrorCode::Conflict, "Port " + id + " is still in use.", {}, id);
    }
    if (port.fixed_ips.empty()) refuse("Port " + id + " requires a FixedIP in order to be used.");
    return {NetworkId(port.network_id), PortId(id), {}, {}};
}

NicRequest read_request(db::Transaction& tx, const identity::Auth& auth, const json::object& entry,
                        std::int64_t max_count) {
    http::Fields fields(entry, "networks");
    const auto port = fields.uuid("port");
    const auto network_id = fields.uuid("uuid");
    const auto fixed_ip = fields.string("fixed_ip", 0, 64).value_or("");
    const auto tag = fields.string("tag", 1, kMaxTag).value_or("");
    fields.finish();
    if (max_count > 1 && (port || !fixed_ip.empty())) {
        refuse("networks: several servers can't have the same port or fixed_ip; leave it out or set max_count to 1");
    }
    NicRequest request;
    if (port) {
        if (!fixed_ip.empty()) refuse("networks.fixed_ip: can't be given with a port, which has its addresses");
        request = port_request(tx, auth, *port);
    } else {
        if (!network_id) refuse("networks: each entry needs a uuid or a port");
        const auto network = visible_network(tx, auth, *network_id);
        require_subnet(network);
        if (!fixed_ip.empty()) check_fixed_ip(tx, auth, network, fixed_ip);
        request = {NetworkId(network.id), {}, fixed_ip, {}};
    }
    request.tag = tag;
    return request;
}

std::vector<NicRequest> read_requests(db::Transaction& tx, const identity::Auth& auth, const json::array& entries,
                                      std::int64_t max_count) {
    if (entries.size() > kMaxNics) refuse("networks: must have at most " + std::to_string(kMaxNics) + " entries");
    std::vector<NicRequest> requests;
    std::set<std::string> seen;
    std::set<std::string> tags;
    for (const auto& entry : entries) {
        if (!entry.is_object()) refuse("networks: entries must be objects");
        auto request = read_request(tx, auth, entry.get_object(), max_count);
        if (!request.port.empty() && !seen.insert(request.port.value).second) {
            refuse("networks: port " + request.port.value + " is listed twice");
        }
        if (!request.fixed_ip.empty() && !seen.insert(request.network.value + request.fixed_ip).second) {
            refuse("networks: fixed_ip " + request.fixed_ip + " is listed twice");
        }
        if (!request.tag.empty() && !tags.insert(request.tag).second) {
            refuse("networks: tag '" + request.tag + "' is listed twice");
        }
        requests.push_back(std::move(request));
    }
    return requests;
}

std::vector<NicRequest> choose(db::Transaction& tx, const identity::Auth& auth, bool is_required) {
    const auto networks = list_available_networks(tx, auth.project.value);
    if (networks.size() > 1) {
        throw Error(ErrorCode::Conflict, "Multiple possible networks found, use a Network ID to be more specific.");
    }
    if (networks.empty()) {
        if (is_required) refuse("Unable to automatically allocate a network for project " + auth.project.value);
        return {};
    }
    require_subnet(networks.front());
    return {{NetworkId(networks.front().id), {}, {}, {}}};
}

std::vector<NicRequest> requests_of(db::Transaction& tx, const identity::Auth& auth, const json::value& networks,
                                    std::int64_t max_count) {
    if (networks.is_null()) return choose(tx, auth, false);
    if (networks.is_array() && networks.get_array().empty()) return choose(tx, auth, false);
    if (networks.is_array()) return read_requests(tx, auth, networks.get_array(), max_count);
    if (networks.is_string() && networks.get_string() == "none") return {};
    if (networks.is_string() && networks.get_string() == "auto") return choose(tx, auth, true);
    refuse("networks: must be a list, \"auto\" or \"none\"");
}

}  // namespace

std::vector<NicRequest> check_nic_requests(db::Transaction& tx, const identity::Auth& auth, const json::value& networks,
                                           std::int64_t max_count) {
    return requests_of(tx, auth, networks, max_count);
}

void require_rights(db::Transaction& tx, const identity::Auth& auth, const std::vector<NicRequest>& requests) {
    for (const auto& request : requests) {
        if (!request.port.empty()) {
            visible_port(tx, auth, request.port.value);
            continue;
        }
        const auto network = visible_network(tx, auth, request.network.value);
        if (!request.fixed_ip.empty()) require_choice(auth, network);
    }
}

}  // namespace virga::network::repo
