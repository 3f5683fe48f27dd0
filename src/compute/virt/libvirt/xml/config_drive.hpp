#pragma once
#include <string>
#include <vector>

#include "compute/virt/driver.hpp"

namespace virga::compute::virt::libvirt {

/// The config drive with a bus that the machine type has (ide, or sata on q35; the image's choice where that works) and
/// a free name at the end of the bus, so that disks which join the guest later find the names before it free.
GuestDisk placed_config_drive(GuestDisk drive, const std::vector<GuestDisk>& disks, const std::string& machine);

}  // namespace virga::compute::virt::libvirt
