#pragma once
#include <vector>

#include "compute/flows/flows.hpp"
#include "compute/host_commands.hpp"

/// From rows to what a hypervisor driver is told.
namespace virga::compute::flows {

/// Root, ephemeral and swap disks that are files of the server, in the order of their device names. Sizes from the
/// entries, else from the flavor; a root of 0 MiB keeps the image's size.
std::vector<GuestDisk> local_disks(const Server& server, const std::vector<BlockDevice>& devices);

GuestDisk volume_disk(const BlockDevice& device);

/// Properties of what the server boots from: of its image, or volume_image_metadata of its root volume. Empty when that
/// is gone: a guest can be started again without its image.
json::object boot_properties(db::Transaction& tx, Dependencies& d, const Server& server,
                             const std::vector<BlockDevice>& devices);

GuestSpec guest_spec(db::Transaction& tx, Dependencies& d, const Server& server);

}  // namespace virga::compute::flows
