#pragma once
#include <optional>
#include <string>

#include "compute/virt/libvirt/domain_settings.hpp"
#include "compute/virt/libvirt/guest_users.hpp"

namespace virga::compute::virt::libvirt {

/// The variables of guests with UEFI: a file for each, from its first start to its end.
class Firmware {
public:
    Firmware(std::string folder, const DomainSettings& settings) : folder_(std::move(folder)), settings_(settings) {}

    /// The guest's file, which its user may write to; one that is there stays as it is. Throws Error{NotSupported} when
    /// this host has no such firmware.
    std::string make(const std::string& server_id, const std::optional<GuestUser>& user) const;
    void remove(const std::string& server_id) const;  ///< Nothing happens when there is none.

private:
    std::string path_of(const std::string& server_id) const { return folder_ + "/" + server_id + ".fd"; }

    const std::string folder_;
    const DomainSettings& settings_;
};

}  // namespace virga::compute::virt::libvirt
