#pragma once
#include <map>
#include <vector>

#include "compute/host/context.hpp"
#include "compute/host/server_folder.hpp"
#include "compute/virt/driver.hpp"

namespace virga::compute::host {

/// Where each disk of a guest is and in which format: local ones by disk.info, volumes by what the volume service said.
/// Mounts the share that a volume is on. Throws Error{NotFound} for a local disk that wasn't made, Error{InvalidInput}
/// for a volume without path or format or outside of the folders for volumes of this host, Error{Unavailable} when the
/// share can't be mounted, Error{Corrupt} when a file of the volume leads out of the share. Each gets the volume's key,
/// if there is one.
using Keys = std::map<std::string, Secret>;  ///< by volume id
std::vector<virt::DiskFile> disk_files(const Context& context, const ServerFolder& folder, const GuestSpec& guest,
                                       const Keys& keys);
virt::DiskFile disk_file(const Context& context, const ServerFolder& folder, const GuestDisk& disk,
                         const DiskRecords& records, const Keys& keys);

}  // namespace virga::compute::host
