#pragma once
#include <chrono>
#include <string>

#include "compute/virt/driver.hpp"
#include "compute/virt/libvirt/connection.hpp"

namespace virga::compute::virt::libvirt {

/// Plugging and unplugging of volumes.
class GuestDisks {
public:
    GuestDisks(Connection& connection, std::chrono::seconds detach_timeout)
        : connection_(connection), detach_timeout_(detach_timeout) {}

    /// Into the running guest and its definition; each only where the volume isn't there yet.
    void attach(const std::string& server_id, const GuestDisk& disk, const DiskFile& file);
    /// First out of the running guest, which may take time or fail with Busy, then out of its definition.
    void detach(const std::string& server_id, const std::string& volume_id);

private:
    void detach_live(virDomainPtr domain, const std::string& server_id, const std::string& volume_id);

    Connection& connection_;
    std::chrono::seconds detach_timeout_;
};

}  // namespace virga::compute::virt::libvirt
