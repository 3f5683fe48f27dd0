#pragma once
#include <pugixml.hpp>

#include "network/nic.hpp"

namespace virga::compute::virt::libvirt {

/// Appends the <interface> of a tap that the host has made already; libvirt only opens it. Throws Error{InvalidInput}
/// when the nic names no tap.
void add_interface(pugi::xml_node devices, const network::Nic& nic);

}  // namespace virga::compute::virt::libvirt
