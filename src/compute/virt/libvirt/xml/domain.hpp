#pragma once
#include <string>
#include <vector>

#include "compute/virt/driver.hpp"
#include "compute/virt/libvirt/domain_settings.hpp"
#include "compute/virt/libvirt/guest_users.hpp"

namespace virga::compute::virt::libvirt {

/// Files of a guest that are no disks.
struct GuestFiles {
    std::string console_log;
    std::string firmware_variables;  ///< only a guest with UEFI has them
    std::string agent_socket = {};   ///< only a guest with an agent has one
};

/// The libvirt definition of a guest. Every file has an explicit format, and every backing chain is spelt out and
/// closed, so that libvirt never looks into a file to find out. Without a `user` it runs as the host process does.
/// Throws Error{InvalidInput, NotFound, Corrupt}.
std::string domain_xml(const DomainSettings& settings, const GuestSpec& guest, const std::vector<DiskFile>& files,
                       const GuestFiles& of_guest, const std::optional<GuestUser>& user);

/// Name of the domain of a server.
std::string domain_name(const std::string& server_id);

}  // namespace virga::compute::virt::libvirt
