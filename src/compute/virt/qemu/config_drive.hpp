#pragma once
#include <set>
#include <string>

#include "compute/host_commands.hpp"

namespace virga::compute::virt::qemu {

/// The config drive with a bus that the machine type has (ide, or sata on q35; the image's choice where that works) and
/// a name at the end of the bus that isn't `used` ("sda"), so that disks which join the guest later find the names
/// before it free. Throws Error{InvalidInput} when the bus is full.
GuestDisk placed_config_drive(GuestDisk drive, const std::set<std::string>& used, const std::string& machine);

}  // namespace virga::compute::virt::qemu
