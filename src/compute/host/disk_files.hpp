#pragma once
#include <vector>

#include "compute/host/server_folder.hpp"
#include "compute/virt/driver.hpp"

namespace virga::compute::host {

/// Where each disk of a guest is and in which format: local ones by disk.info, volumes by what the volume service said.
/// Mounts the share that a volume is on. Throws Error{NotFound} for a local disk that wasn't made, Error{InvalidInput}
/// for a volume without path or format, Error{Unavailable} when the share can't be mounted, Error{Corrupt} when a file
/// of the volume leads out of the share.
std::vector<virt::DiskFile> disk_files(const ServerFolder& folder, const GuestSpec& guest);
virt::DiskFile disk_file(const ServerFolder& folder, const GuestDisk& disk, const DiskRecords& records);

}  // namespace virga::compute::host
