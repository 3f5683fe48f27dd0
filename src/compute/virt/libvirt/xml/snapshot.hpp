#pragma once
#include <string>
#include <vector>

#include "compute/virt/driver.hpp"
#include "compute/virt/libvirt/xml/disk.hpp"

namespace virga::compute::virt::libvirt {

/// A <domainsnapshot> that moves the disk `target` on to `file`, which exists, and leaves the guest's others alone.
std::string snapshot_xml(const std::vector<DefinedDisk>& disks, const std::string& target, const DiskFile& file);

}  // namespace virga::compute::virt::libvirt
