#pragma once
#include <string>
#include <vector>

#include "compute/virt/driver.hpp"
#include "compute/virt/libvirt/domain_settings.hpp"

namespace virga::compute::virt::libvirt {

/// The libvirt definition of a guest. Every file has an explicit format, and every backing chain is spelt out and
/// closed, so that libvirt never looks into a file to find out. Throws Error{InvalidInput, NotFound, Corrupt}.
std::string domain_xml(const DomainSettings& settings, const GuestSpec& guest, const std::vector<DiskFile>& files,
                       const std::string& console_log);

/// Name of the domain of a server.
std::string domain_name(const std::string& server_id);

}  // namespace virga::compute::virt::libvirt
