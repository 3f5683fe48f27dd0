#include "compute/virt/libvirt/xml/interface.hpp"

#include <sstream>

#include "base/error.hpp"

namespace virga::compute::virt::libvirt {

void add_interface(pugi::xml_node devices, const network::Nic& nic, const std::string& model) {
    if (nic.tap.empty()) throw Error(ErrorCode::InvalidInput, "port " + nic.port_id + " has no tap on this host");
    auto node = devices.append_child("interface");
    node.append_attribute("type") = "ethernet";
    node.append_child("mac").append_attribute("address") = nic.mac.c_str();
    auto target = node.append_child("target");
    target.append_attribute("dev") = nic.tap.c_str();
    target.append_attribute("managed") = "no";
    node.append_child("model").append_attribute("type") = model.c_str();
    node.append_child("mtu").append_attribute("size") = static_cast<long long>(nic.mtu);
}

std::vector<std::string> macs_of(const char* domain_xml) {
    pugi::xml_document document;
    document.load_string(domain_xml);
    std::vector<std::string> macs;
    for (const auto& node : document.child("domain").child("devices").children("interface")) {
        macs.emplace_back(node.child("mac").attribute("address").value());
    }
    return macs;
}

std::optional<DefinedInterface> find_interface(const char* domain_xml, const std::string& mac) {
    pugi::xml_document document;
    document.load_string(domain_xml);
    for (const auto& node : document.child("domain").child("devices").children("interface")) {
        if (node.child("mac").attribute("address").value() != mac) continue;
        std::ostringstream out;
        node.print(out, "", pugi::format_raw);
        return DefinedInterface{node.child("alias").attribute("name").value(), out.str()};
    }
    return std::nullopt;
}

}  // namespace virga::compute::virt::libvirt
