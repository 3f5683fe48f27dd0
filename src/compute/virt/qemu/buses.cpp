#include "compute/virt/qemu/buses.hpp"

#include <algorithm>
#include <array>

namespace virga::compute::virt::qemu {
namespace {

constexpr std::array<std::string_view, 4> kUsable{"ide", "sata", "scsi", "virtio"};

}  // namespace

bool is_q35(std::string_view machine) {
    return machine.find("q35") != std::string_view::npos;
}

bool is_usable_disk_bus(std::string_view bus) {
    return bus.empty() || std::find(kUsable.begin(), kUsable.end(), bus) != kUsable.end();
}

bool has_read_only_disks(std::string_view bus) {
    return bus != "ide" && bus != "sata";
}

std::string default_disk_bus(const json::object& image_properties, std::string_view device_type) {
    if (device_type == "cdrom") {
        return get_string(image_properties, "hw_cdrom_bus",
                          default_cdrom_bus(get_string(image_properties, "hw_machine_type")));
    }
    if (device_type == "floppy") return get_string(image_properties, "hw_floppy_bus", "fdc");
    return get_string(image_properties, "hw_disk_bus", "virtio");
}

std::string default_cdrom_bus(std::string_view machine) {
    return is_q35(machine) ? "sata" : "ide";
}

std::string device_prefix(std::string_view bus) {
    if (bus == "scsi" || bus == "sata" || bus == "usb") return "sd";
    if (bus == "ide") return "hd";
    if (bus == "fdc") return "fd";
    return "vd";
}

}  // namespace virga::compute::virt::qemu
