#include "compute/api/server_view.hpp"

#include "compute/api/flavor_view.hpp"
#include "compute/model/device_names.hpp"

namespace virga::compute::api {
namespace {

const identity::policy::Check kFaultDetails(policies(), "os_compute_api:servers:show:fault_details");
const identity::policy::Check kAttributes(policies(), "os_compute_api:os-extended-server-attributes");
const identity::policy::Check kHostStatus(policies(), "os_compute_api:servers:show:host_status");

json::value time_or_null(TimestampUs time) {
    return time == 0 ? json::value() : json::value(iso8601_us(time));
}

json::value image_view(const Call& call, const Server& server) {
    if (server.image_id.empty()) return "";
    json::array links;
    links.push_back(
        json::object{{"rel", "bookmark"}, {"href", call.request.base_url + "/compute/images/" + server.image_id}});
    return json::object{{"id", server.image_id}, {"links", std::move(links)}};
}

json::array security_groups(const std::vector<std::string>& names) {
    json::array groups;
    for (const auto& name : names) groups.push_back(json::object{{"name", name}});
    return groups;
}

json::array volumes_attached(const Call& call, const std::vector<BlockDevice>& devices) {
    json::array volumes;
    for (const auto& device : devices) {
        if (!device.is_volume() || device.volume_id.empty()) continue;
        json::object volume{{"id", device.volume_id}};
        if (call.minor >= 3) volume["delete_on_termination"] = device.delete_on_termination;
        volumes.push_back(std::move(volume));
    }
    return volumes;
}

void add_fault(const Call& call, const Server& server, const std::string& status, json::object& view) {
    if (!server.fault || (status != "ERROR" && status != "DELETED")) return;
    json::object fault{{"code", server.fault->code},
                       {"created", iso8601(server.fault->created_us)},
                       {"message", server.fault->message}};
    if (kFaultDetails.allows(call.auth) && !server.fault->details.empty()) fault["details"] = server.fault->details;
    view["fault"] = std::move(fault);
}

void add_progress(const std::string& status, json::object& view) {
    if (status == "ACTIVE" || status == "BUILD" || status == "REBUILD" || status == "RESIZE") view["progress"] = 0;
}

std::string host_status(const Call& call, const Server& server) {
    if (server.host.empty()) return "";
    if (call.d.hosts.answers(server.host)) return "UP";
    return call.d.hosts.is_up(server.host) ? "UNKNOWN" : "DOWN";
}

/// Attributes that only admins see.
void add_admin_part(const Call& call, const Server& server, json::object& view) {
    view["OS-EXT-SRV-ATTR:host"] = string_or_null(server.host);
    view["OS-EXT-SRV-ATTR:hypervisor_hostname"] = string_or_null(server.host);
    view["OS-EXT-SRV-ATTR:instance_name"] = server.id.value;
    if (call.minor >= 16 && kHostStatus.allows(call.auth)) view["host_status"] = host_status(call, server);
    if (call.minor < 3) return;
    view["OS-EXT-SRV-ATTR:reservation_id"] = string_or_null(server.reservation_id);
    view["OS-EXT-SRV-ATTR:launch_index"] = server.launch_index;
    view["OS-EXT-SRV-ATTR:hostname"] = server.hostname;
    view["OS-EXT-SRV-ATTR:kernel_id"] = "";
    view["OS-EXT-SRV-ATTR:ramdisk_id"] = "";
    view["OS-EXT-SRV-ATTR:root_device_name"] = string_or_null(server.root_device_name);
    view["OS-EXT-SRV-ATTR:user_data"] = string_or_null(server.user_data);
}

void add_states(const Server& server, json::object& view) {
    view["OS-EXT-STS:task_state"] = string_or_null(std::string(word(server.task_state)));
    view["OS-EXT-STS:vm_state"] = word(server.vm_state);
    view["OS-EXT-STS:power_state"] = static_cast<int>(server.power_state);
    view["OS-SRV-USG:launched_at"] = time_or_null(server.launched_us);
    view["OS-SRV-USG:terminated_at"] = time_or_null(server.terminated_us);
}

/// Fields that later microversions brought.
void add_newer(const Call& call, const Server& server, bool single, json::object& view) {
    if (call.minor >= 9) view["locked"] = server.locked;
    if (call.minor >= 19) view["description"] = string_or_null(server.description);
    if (call.minor >= 26) {
        json::array tags;
        for (const auto& tag : server.tags) tags.emplace_back(tag);
        view["tags"] = std::move(tags);
    }
    if (call.minor >= 63) view["trusted_image_certificates"] = nullptr;
    if (call.minor >= 71 && single) view["server_groups"] = json::array();
    if (call.minor >= 73) view["locked_reason"] = string_or_null(server.locked_reason);
    if (call.minor >= 90) view["OS-EXT-SRV-ATTR:hostname"] = server.hostname;
}

}  // namespace

json::object brief_server(const Call& call, const Server& server) {
    return {{"id", server.id.value},
            {"name", server.name},
            {"links", links_of(call.request, "servers/" + server.id.value)}};
}

json::object addresses_of(const std::vector<network::Nic>& nics, bool plain) {
    json::object addresses;
    for (const auto& nic : nics) {
        auto& slot = addresses[nic.network_name];
        if (!slot.is_array()) slot = json::array();
        for (const auto& ip : nic.fixed_ips) {
            json::object entry{{"version", ip.version}, {"addr", ip.address}};
            if (!plain) {
                entry["OS-EXT-IPS:type"] = "fixed";
                entry["OS-EXT-IPS-MAC:mac_addr"] = nic.mac;
            }
            slot.get_array().push_back(std::move(entry));
        }
    }
    return addresses;
}

json::object full_server(const Call& call, const Server& server, const ServerParts& parts, bool single) {
    const std::string status(api_status(server.vm_state, server.task_state));
    constexpr std::size_t kMostMembers = 48;
    auto view = brief_server(call, server);
    view.reserve(kMostMembers);
    view["status"] = status;
    view["tenant_id"] = server.project.value;
    view["user_id"] = server.user.value;
    view["metadata"] = server.metadata;
    view["hostId"] = host_id(server.project, server.host);
    view["image"] = image_view(call, server);
    view["flavor"] = embedded_flavor(call, server.flavor);
    view["created"] = iso8601(server.created_us);
    view["updated"] = iso8601(server.updated_us);
    view["addresses"] = addresses_of(parts.nics, false);
    view["accessIPv4"] = server.access_ip_v4;
    view["accessIPv6"] = server.access_ip_v6;
    view["OS-DCF:diskConfig"] = server.disk_config;
    view["OS-EXT-AZ:availability_zone"] = server.availability_zone;
    view["config_drive"] = server.has_config_drive ? "True" : "";
    view["key_name"] = string_or_null(server.key_name);
    if (!parts.security_groups.empty()) view["security_groups"] = security_groups(parts.security_groups);
    view["os-extended-volumes:volumes_attached"] = volumes_attached(call, parts.devices);
    add_states(server, view);
    add_progress(status, view);
    add_fault(call, server, status, view);
    if (kAttributes.allows(call.auth)) add_admin_part(call, server, view);
    add_newer(call, server, single, view);
    return view;
}

ServerParts parts_of(db::Transaction& tx, const Call& call, const Server& server) {
    auto groups = call.d.networks.group_names_of_servers(tx, {server.id});
    const auto found = groups.find(server.id);
    return {repo::block_devices(tx, server.id), call.d.networks.nics_of_server(tx, server.id),
            found == groups.end() ? server.security_groups : std::move(found->second)};
}

}  // namespace virga::compute::api
