#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "compute/virt/libvirt/connection.hpp"

namespace virga::compute::virt::libvirt {

/// Asks a running guest to let go of a device, again and again, until it has. `alias_of` tells the device's alias, and
/// nothing once the guest doesn't have it. False: the guest still has it after `timeout`.
bool await_removal(Connection& connection, virDomainPtr domain, const std::string& server_id,
                   std::chrono::seconds timeout, const std::function<std::optional<std::string>()>& alias_of);

}  // namespace virga::compute::virt::libvirt
