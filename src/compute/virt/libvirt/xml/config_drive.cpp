#include "compute/virt/libvirt/xml/config_drive.hpp"

#include <set>

#include "base/error.hpp"
#include "compute/virt/check_guest.hpp"

namespace virga::compute::virt::libvirt {
namespace {

/// virtio has no CD-ROM, and guests have no USB controller.
std::string bus_of(const std::string& wanted, const std::string& machine) {
    const bool q35 = machine.find("q35") != std::string::npos;
    if (wanted == "sata" || wanted == "scsi" || (wanted == "ide" && !q35)) return wanted;
    return q35 ? "sata" : "ide";
}

/// Letters that the first controller of a bus serves.
char last_letter(const std::string& bus) {
    if (bus == "ide") return 'd';
    return bus == "sata" ? 'f' : 'g';
}

}  // namespace

GuestDisk placed_config_drive(GuestDisk drive, const std::vector<GuestDisk>& disks, const std::string& machine) {
    std::set<std::string> used;
    for (const auto& disk : disks) used.insert(target_name(disk));
    drive.disk_bus = bus_of(drive.disk_bus, machine);
    const std::string prefix = drive.disk_bus == "ide" ? "hd" : "sd";
    for (char letter = last_letter(drive.disk_bus); letter >= 'a'; --letter) {
        drive.device_name = prefix + letter;
        if (!used.contains(drive.device_name)) return drive;
    }
    throw Error(ErrorCode::InvalidInput, "no place is left for the config drive on bus " + drive.disk_bus +
                                             ": give the server fewer disks on it");
}

}  // namespace virga::compute::virt::libvirt
