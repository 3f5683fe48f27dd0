#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "compute/host_commands.hpp"

namespace virga::compute::virt::qemu {

/// The place of a disk among those that the guest boots from, from 1; 0: it isn't booted. Disks without a boot index
/// come after those that have one; a guest where none has one boots from its first disk. Never the config drive.
std::int64_t boot_order(const std::vector<GuestDisk>& disks, std::size_t disk);

}  // namespace virga::compute::virt::qemu
