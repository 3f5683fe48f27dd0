#pragma once
#include <chrono>
#include <string>

#include "compute/virt/libvirt/connection.hpp"

namespace virga::compute::virt::libvirt {

/// Unplugging of network devices.
class GuestNics {
public:
    GuestNics(Connection& connection, std::chrono::seconds detach_timeout)
        : connection_(connection), detach_timeout_(detach_timeout) {}

    /// First out of the running guest, which may take time or fail with Busy, then out of its definition.
    void detach(const std::string& server_id, const std::string& mac);

private:
    Connection& connection_;
    std::chrono::seconds detach_timeout_;
};

}  // namespace virga::compute::virt::libvirt
