#include "compute/api/server_view.hpp"

#include <set>

#include "compute/api/flavor_view.hpp"
#include "compute/model/device_names.hpp"

namespace virga::compute::api {
namespace {

const identity::policy::Check kFaultDetails(policies(), "os_compute_api:servers:show:fault_details");
const identity::policy::Check kAttributes(policies(), "os_compute_api:os-extended-server-attributes");
const identity::policy::Check kHostStatus(policies(), "os_compute_api:servers:show:host_status");

const std::string kAnyId = "<id>";

void add_time(JsonText& view, std::string_view key, TimestampUs time) {
    if (time == 0) return view.add_null(key);
    view.add(key, iso8601_us(time));
}

void add_security_groups(JsonText& view, const std::vector<std::string>& names) {
    view.begin_array("security_groups");
    for (const auto& name : names) {
        view.begin_object();
        view.add("name", name);
        view.end_object();
    }
    view.end_array();
}

void add_volumes(const Call& call, JsonText& view, const std::vector<BlockDevice>& devices) {
    view.begin_array("os-extended-volumes:volumes_attached");
    for (const auto& device : devices) {
        if (!device.is_volume() || device.volume_id.empty()) continue;
        view.begin_object();
        view.add("id", device.volume_id);
        if (call.minor >= 3) view.add("delete_on_termination", device.delete_on_termination);
        view.end_object();
    }
    view.end_array();
}

void add_progress(std::string_view status, JsonText& view) {
    if (status == "ACTIVE" || status == "BUILD" || status == "REBUILD" || status == "RESIZE") view.add("progress", 0);
}

void add_network(JsonText& view, const std::string& name, const std::vector<network::Nic>& nics) {
    std::string key;
    JsonText(key).add_element(name);
    view.begin_array(std::string_view(key).substr(1, key.size() - 2));
    for (const auto& nic : nics) {
        if (nic.network_name != name) continue;
        for (const auto& ip : nic.fixed_ips) {
            view.begin_object();
            view.add("version", ip.version);
            view.add("addr", ip.address);
            view.add("OS-EXT-IPS:type", "fixed");
            view.add("OS-EXT-IPS-MAC:mac_addr", nic.mac);
            view.end_object();
        }
    }
    view.end_array();
}

/// Those of one network together, in the order of the nics.
void add_addresses(JsonText& view, const std::vector<network::Nic>& nics) {
    view.begin_object("addresses");
    if (nics.size() == 1) {
        add_network(view, nics.front().network_name, nics);
    } else {
        std::set<std::string_view> seen;
        for (const auto& nic : nics) {
            if (seen.insert(nic.network_name).second) add_network(view, nic.network_name, nics);
        }
    }
    view.end_object();
}

std::string host_status(const Call& call, const Server& server) {
    if (server.host.empty()) return "";
    if (call.d.hosts.answers(server.host)) return "UP";
    return call.d.hosts.is_up(server.host) ? "UNKNOWN" : "DOWN";
}

void add_states(const Server& server, JsonText& view) {
    view.add_or_null("OS-EXT-STS:task_state", word(server.task_state));
    view.add("OS-EXT-STS:vm_state", word(server.vm_state));
    view.add("OS-EXT-STS:power_state", static_cast<int>(server.power_state));
    add_time(view, "OS-SRV-USG:launched_at", server.launched_us);
    add_time(view, "OS-SRV-USG:terminated_at", server.terminated_us);
}

/// Fields that later microversions brought.
void add_newer(const Call& call, const Server& server, bool single, JsonText& view) {
    if (call.minor >= 9) view.add("locked", server.locked);
    if (call.minor >= 19) view.add_or_null("description", server.description);
    if (call.minor >= 26) {
        view.begin_array("tags");
        for (const auto& tag : server.tags) view.add_element(tag);
        view.end_array();
    }
    if (call.minor >= 63) view.add_null("trusted_image_certificates");
    if (call.minor >= 71 && single) view.add_json("server_groups", "[]");
    if (call.minor >= 73) view.add_or_null("locked_reason", server.locked_reason);
}

}  // namespace

json::object brief_server(const Call& call, const Server& server) {
    return {{"id", server.id.value},
            {"name", server.name},
            {"links", links_of(call.request, "servers/" + server.id.value)}};
}

json::object plain_addresses(const std::vector<network::Nic>& nics) {
    json::object addresses;
    for (const auto& nic : nics) {
        auto& slot = addresses[nic.network_name];
        if (!slot.is_array()) slot = json::array();
        for (const auto& ip : nic.fixed_ips) {
            slot.get_array().push_back(json::object{{"version", ip.version}, {"addr", ip.address}});
        }
    }
    return addresses;
}

ServerWriter::ServerWriter(const Call& call, bool single)
    : call_(call),
      single_(single),
      shows_attributes_(kAttributes.allows(call.auth)),
      shows_host_status_(kHostStatus.allows(call.auth)),
      shows_fault_details_(kFaultDetails.allows(call.auth)),
      links_(json::serialize(links_of(call.request, "servers/" + kAnyId)), kAnyId) {
    json::array image;
    image.push_back(json::object{{"rel", "bookmark"}, {"href", call.request.base_url + "/compute/images/" + kAnyId}});
    image_ = MarkedText(json::serialize(json::object{{"id", kAnyId}, {"links", std::move(image)}}), kAnyId);
}

void ServerWriter::add_image(JsonText& view, const Server& server) const {
    if (server.image_id.empty()) return view.add("image", "");
    image_.append_to(view.add_to("image"), server.image_id);
}

/// Neighbours of a list mostly have the same flavor.
void ServerWriter::add_flavor(JsonText& view, const Flavor& flavor) {
    if (flavor_text_.empty() || flavor != flavor_) {
        flavor_ = flavor;
        flavor_text_ = json::serialize(embedded_flavor(call_, flavor));
    }
    view.add_json("flavor", flavor_text_);
}

void ServerWriter::add_host_id(JsonText& view, const Server& server) {
    auto& known = host_ids_[{server.project.value, server.host}];
    if (known.empty()) known = host_id(server.project, server.host);
    view.add("hostId", known);
}

void ServerWriter::add_fault(JsonText& view, const Server& server, std::string_view status) const {
    if (!server.fault || (status != "ERROR" && status != "DELETED")) return;
    view.begin_object("fault");
    view.add("code", server.fault->code);
    view.add("created", iso8601(server.fault->created_us));
    view.add("message", server.fault->message);
    if (shows_fault_details_ && !server.fault->details.empty()) view.add("details", server.fault->details);
    view.end_object();
}

/// Attributes that only admins see.
void ServerWriter::add_admin_part(JsonText& view, const Server& server) const {
    view.add_or_null("OS-EXT-SRV-ATTR:host", server.host);
    view.add_or_null("OS-EXT-SRV-ATTR:hypervisor_hostname", server.host);
    view.add("OS-EXT-SRV-ATTR:instance_name", server.id.value);
    if (call_.minor >= 16 && shows_host_status_) view.add("host_status", host_status(call_, server));
    if (call_.minor < 3) return;
    view.add_or_null("OS-EXT-SRV-ATTR:reservation_id", server.reservation_id);
    view.add("OS-EXT-SRV-ATTR:launch_index", server.launch_index);
    view.add("OS-EXT-SRV-ATTR:kernel_id", "");
    view.add("OS-EXT-SRV-ATTR:ramdisk_id", "");
    view.add_or_null("OS-EXT-SRV-ATTR:root_device_name", server.root_device_name);
    view.add_or_null("OS-EXT-SRV-ATTR:user_data", server.user_data);
}

void ServerWriter::write(std::string& out, const Server& server, const ServerParts& parts) {
    const auto status = api_status(server.vm_state, server.task_state);
    JsonText view(out);
    view.begin_object();
    view.add("id", server.id.value);
    view.add("name", server.name);
    links_.append_to(view.add_to("links"), server.id.value);
    view.add("status", status);
    view.add("tenant_id", server.project.value);
    view.add("user_id", server.user.value);
    view.add("metadata", server.metadata);
    add_host_id(view, server);
    add_image(view, server);
    add_flavor(view, server.flavor);
    view.add("created", iso8601(server.created_us));
    view.add("updated", iso8601(server.updated_us));
    add_addresses(view, parts.nics);
    view.add("accessIPv4", server.access_ip_v4);
    view.add("accessIPv6", server.access_ip_v6);
    view.add("OS-DCF:diskConfig", server.disk_config);
    view.add("OS-EXT-AZ:availability_zone", server.availability_zone);
    view.add("config_drive", server.has_config_drive ? "True" : "");
    view.add_or_null("key_name", server.key_name);
    if (!parts.security_groups.empty()) add_security_groups(view, parts.security_groups);
    add_volumes(call_, view, parts.devices);
    add_states(server, view);
    add_progress(status, view);
    add_fault(view, server, status);
    if (shows_attributes_) add_admin_part(view, server);
    // An attribute for administrators before all may see it.
    if (call_.minor >= 90 || (shows_attributes_ && call_.minor >= 3))
        view.add("OS-EXT-SRV-ATTR:hostname", server.hostname);
    add_newer(call_, server, single_, view);
    view.end_object();
}

json::object full_server(const Call& call, const Server& server, const ServerParts& parts) {
    std::string text;
    ServerWriter(call, true).write(text, server, parts);
    return parse_object(text);
}

ServerParts parts_of(db::Transaction& tx, const Call& call, const Server& server) {
    auto groups = call.d.networks.group_names_of_servers(tx, {server.id});
    const auto found = groups.find(server.id);
    return {repo::block_devices(tx, server.id), call.d.networks.nics_of_server(tx, server.id),
            found == groups.end() ? server.security_groups : std::move(found->second)};
}

}  // namespace virga::compute::api
