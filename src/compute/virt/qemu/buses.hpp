#pragma once
#include <string>
#include <string_view>

#include "base/json.hpp"

/// The buses that QEMU's machines have for disks. Pure rules, which the checks of requests need, too.
namespace virga::compute::virt::qemu {

/// Whether a machine type ("q35", "pc-q35-7.2") has SATA where the others have IDE.
bool is_q35(std::string_view machine);

/// Whether disks can have it; empty: it is chosen for them.
bool is_usable_disk_bus(std::string_view bus);
/// IDE and SATA have no disk that can't be written, but for CD-ROMs.
bool has_read_only_disks(std::string_view bus);

/// Bus of a disk whose request names none: the image's hw_disk_bus, hw_cdrom_bus or hw_floppy_bus, else virtio for
/// disks and LUNs, that of default_cdrom_bus for CD-ROMs, fdc for floppies.
std::string default_disk_bus(const json::object& image_properties, std::string_view device_type);
/// sata for a q35 machine and ide for others.
std::string default_cdrom_bus(std::string_view machine);

/// What names of disks on a bus begin with: vd, sd, hd, fd.
std::string device_prefix(std::string_view bus);

}  // namespace virga::compute::virt::qemu
