#pragma once
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "network/nic.hpp"

namespace virga::compute::virt::libvirt {

/// Appends the <interface> of a tap that the host has made already; libvirt only opens it. Throws Error{InvalidInput}
/// when the nic names no tap.
void add_interface(pugi::xml_node devices, const network::Nic& nic, const std::string& model);

/// An interface as a domain's XML shows it.
struct DefinedInterface {
    std::string alias;  ///< of a running guest
    std::string xml;
};
std::vector<std::string> macs_of(const char* domain_xml);
std::optional<DefinedInterface> find_interface(const char* domain_xml, const std::string& mac);

}  // namespace virga::compute::virt::libvirt
