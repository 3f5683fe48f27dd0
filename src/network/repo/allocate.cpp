#include "network/repo/allocate.hpp"

#include "network/repo/ipam.hpp"
#include "network/repo/network_repo.hpp"
#include "network/repo/port_repo.hpp"
#include "network/repo/quota_repo.hpp"
#include "network/repo/security_group_repo.hpp"

namespace virga::network::repo {
namespace {

void set_device(Port& port, const ServerId& server, const std::string& host, const NicRequest& request,
                std::size_t index) {
    port.device_id = server.value;
    port.device_owner = kComputeOwner;
    port.host_id = host;
    port.nic_index = static_cast<std::int64_t>(index);
    port.nic_tag = request.tag;
}

void bind(db::Transaction& tx, const Port& port) {
    if (bind_port(tx, port)) return;
    const bool exists = find_port(tx, port.id).has_value();
    throw Error(ErrorCode::Conflict,
                exists ? "Port " + port.id + " is still in use." : "Port id " + port.id + " could not be found.");
}

std::optional<std::vector<IpRequest>> ip_requests(const NicRequest& request) {
    if (request.fixed_ip.empty()) return std::nullopt;
    const auto address = Address::parse(request.fixed_ip);
    if (!address) throw Error(ErrorCode::InvalidInput, "fixed_ip: '" + request.fixed_ip + "' is not an IP address");
    return std::vector<IpRequest>{{{}, address}};
}

void make(db::Transaction& tx, const config::Config& config, Port& port, const NicRequest& request,
          const std::vector<std::string>& security_groups) {
    if (!find_network(tx, request.network.value)) {
        throw Error(ErrorCode::Conflict, "Network " + request.network.value + " could not be found.");
    }
    check_quota(tx, config, port.project_id, QuotaResource::Ports);
    port.network_id = request.network.value;
    port.created_for_server = true;
    insert_port(tx, port);
    take_addresses(tx, port.network_id, port.id, ip_requests(request));
    for (const auto& group : security_groups) {
        if (group == default_group_id(port.project_id)) ensure_default_group(tx, port.project_id);
        if (find_security_group(tx, group)) continue;
        throw Error(ErrorCode::Conflict, "Security group " + group + " was deleted.");
    }
    set_security_groups(tx, port.id, security_groups);
}

}  // namespace

void allocate_port(db::Transaction& tx, const config::Config& config, const ServerId& server, const ProjectId& project,
                   const std::string& host, const NicRequest& request, std::size_t index,
                   const std::vector<std::string>& security_groups) {
    Port port;
    port.id = request.port.empty() ? derived_uuid(server.value, "port-" + std::to_string(index)) : request.port.value;
    port.project_id = project.value;
    set_device(port, server, host, request, index);
    if (request.port.empty() && !find_port(tx, port.id)) return make(tx, config, port, request, security_groups);
    bind(tx, port);
}

}  // namespace virga::network::repo
