#include "compute/virt/libvirt/xml/interface.hpp"

#include "base/error.hpp"

namespace virga::compute::virt::libvirt {

void add_interface(pugi::xml_node devices, const network::Nic& nic) {
    if (nic.tap.empty()) throw Error(ErrorCode::InvalidInput, "port " + nic.port_id + " has no tap on this host");
    auto node = devices.append_child("interface");
    node.append_attribute("type") = "ethernet";
    node.append_child("mac").append_attribute("address") = nic.mac.c_str();
    auto target = node.append_child("target");
    target.append_attribute("dev") = nic.tap.c_str();
    target.append_attribute("managed") = "no";
    node.append_child("model").append_attribute("type") = "virtio";
    node.append_child("mtu").append_attribute("size") = static_cast<long long>(nic.mtu);
}

}  // namespace virga::compute::virt::libvirt
