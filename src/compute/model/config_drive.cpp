#include "compute/model/config_drive.hpp"

#include <algorithm>
#include <cstdio>

#include "base/crypto.hpp"

namespace virga::compute {
namespace {

std::string key_type(const std::string& key) {
    return key.starts_with("-----BEGIN CERTIFICATE") ? "x509" : "ssh";
}

void add_keys(json::object& data, const Server& server) {
    if (server.key_name.empty() || server.key_data.empty()) return;
    json::object by_name;
    by_name[server.key_name] = server.key_data;
    data["public_keys"] = std::move(by_name);
    json::array keys;
    keys.push_back(
        json::object{{"name", server.key_name}, {"type", key_type(server.key_data)}, {"data", server.key_data}});
    data["keys"] = std::move(keys);
}

json::object link_of(const network::Nic& nic) {
    return {{"id", nic.tap},
            {"vif_id", nic.port_id},
            {"type", "bridge"},
            {"mtu", nic.mtu},
            {"ethernet_mac_address", nic.mac}};
}

/// "255.255.255.0", "ffff:ffff:ffff:ffff:0:0:0:0".
std::string netmask(int version, int prefix) {
    std::string text;
    char group[8];
    const int bits = version == 4 ? 8 : 16;
    for (int at = 0; at < (version == 4 ? 32 : 128); at += bits) {
        const int ones = std::min(bits, std::max(0, prefix - at));
        const unsigned value = ((1U << ones) - 1) << (bits - ones);
        std::snprintf(group, sizeof group, version == 4 ? "%u" : "%x", value);
        text += (text.empty() ? "" : version == 4 ? "." : ":") + std::string(group);
    }
    return text;
}

json::array routes_of(int version, const network::GuestSubnet& subnet) {
    json::array routes;
    if (subnet.gateway.empty()) return routes;
    const std::string any = version == 4 ? "0.0.0.0" : "::";
    routes.push_back(json::object{{"network", any}, {"netmask", any}, {"gateway", subnet.gateway}});
    return routes;
}

json::array dns_of(const network::GuestSubnet& subnet) {
    json::array services;
    for (const auto& server : subnet.dns_servers)
        services.push_back(json::object{{"type", "dns"}, {"address", server}});
    return services;
}

json::object network_of(const network::Nic& nic, const network::FixedIp& ip, const network::GuestSubnet& subnet,
                        std::size_t index) {
    return {{"id", "network" + std::to_string(index)},
            {"type", ip.version == 4 ? "ipv4" : "ipv6"},
            {"link", nic.tap},
            {"ip_address", ip.address},
            {"netmask", netmask(ip.version, subnet.prefix)},
            {"routes", routes_of(ip.version, subnet)},
            {"network_id", nic.network_id},
            {"services", dns_of(subnet)}};
}

json::object file(const std::string& name, const std::string& content_base64) {
    json::array paths;
    for (const auto* version : {"latest", "2018-08-27"}) {
        paths.push_back(json::value(std::string("openstack/") + version + "/" + name));
    }
    return {{"paths", std::move(paths)}, {"content", content_base64}};
}

json::object document(const std::string& name, const json::object& content) {
    return file(name, base64_encode(json::serialize(content)));
}

}  // namespace

ConfigDriveChoice choose_config_drive(bool requested, const json::object& image_properties, bool forced) {
    const bool mandatory = get_string(image_properties, "img_config_drive") == "mandatory";
    ConfigDriveChoice choice{requested || mandatory || forced, {}};
    if (requested) {
        choice.reason = "the request asks for it";
    } else if (mandatory) {
        choice.reason = "image property img_config_drive is mandatory";
    } else if (forced) {
        choice.reason = "compute.force_config_drive gives one to every server";
    } else {
        choice.reason = "neither the request nor the image nor compute.force_config_drive asks for one";
    }
    return choice;
}

json::object guest_meta_data(const Server& server, const std::string& zone, const std::string& domain,
                             const std::string& random_seed) {
    json::object data{{"uuid", server.id.value},
                      {"name", server.name},
                      {"hostname", domain.empty() ? server.hostname : server.hostname + "." + domain},
                      {"launch_index", server.launch_index},
                      {"availability_zone", zone},
                      {"project_id", server.project.value},
                      {"meta", server.metadata},
                      {"random_seed", random_seed},
                      {"devices", json::array()}};
    if (!server.admin_password.empty()) data["admin_pass"] = server.admin_password;
    add_keys(data, server);
    return data;
}

json::object guest_network_data(const std::vector<network::Nic>& nics,
                                const std::map<std::string, network::GuestSubnet>& subnets) {
    json::array links;
    json::array networks;
    json::array services;
    for (const auto& nic : nics) {
        links.push_back(link_of(nic));
        for (const auto& ip : nic.fixed_ips) {
            const auto subnet = subnets.find(ip.subnet_id);
            if (subnet == subnets.end()) continue;
            networks.push_back(network_of(nic, ip, subnet->second, networks.size()));
            // Also for the guest as a whole: cloud-init before 23.2 reads them nowhere else.
            for (auto& service : dns_of(subnet->second))
                if (std::find(services.begin(), services.end(), service) == services.end())
                    services.push_back(std::move(service));
        }
    }
    return {{"links", std::move(links)}, {"networks", std::move(networks)}, {"services", std::move(services)}};
}

json::array config_drive_files(const json::object& meta_data, const json::object& network_data,
                               const std::string& user_data) {
    json::array files;
    files.push_back(document("meta_data.json", meta_data));
    files.push_back(document("network_data.json", network_data));
    files.push_back(document("vendor_data.json", json::object()));
    if (!user_data.empty()) files.push_back(file("user_data", user_data));
    return files;
}

}  // namespace virga::compute
