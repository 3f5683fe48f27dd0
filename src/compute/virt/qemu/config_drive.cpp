#include "compute/virt/qemu/config_drive.hpp"

#include "base/error.hpp"
#include "compute/virt/qemu/buses.hpp"

namespace virga::compute::virt::qemu {
namespace {

/// virtio has no CD-ROM, and guests have no USB controller.
std::string bus_of(const std::string& wanted, const std::string& machine) {
    if (wanted == "sata" || wanted == "scsi" || (wanted == "ide" && !is_q35(machine))) return wanted;
    return default_cdrom_bus(machine);
}

/// Letters that the first controller of a bus serves.
char last_letter(const std::string& bus) {
    if (bus == "ide") return 'd';
    return bus == "sata" ? 'f' : 'g';
}

}  // namespace

GuestDisk placed_config_drive(GuestDisk drive, const std::set<std::string>& used, const std::string& machine) {
    drive.disk_bus = bus_of(drive.disk_bus, machine);
    const auto prefix = device_prefix(drive.disk_bus);
    for (char letter = last_letter(drive.disk_bus); letter >= 'a'; --letter) {
        drive.device_name = prefix + letter;
        if (!used.contains(drive.device_name)) return drive;
    }
    throw Error(ErrorCode::InvalidInput, "no place is left for the config drive on bus " + drive.disk_bus +
                                             ": give the server fewer disks on it");
}

}  // namespace virga::compute::virt::qemu
