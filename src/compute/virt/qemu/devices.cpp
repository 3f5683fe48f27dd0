#include "compute/virt/qemu/devices.hpp"

namespace virga::compute::virt::qemu {
namespace {

std::string property(const GuestSpec& guest, std::string_view name) {
    return get_string(guest.image_properties, name);
}

}  // namespace

std::string machine_of(const GuestSpec& guest, const std::string& default_machine) {
    auto wanted = property(guest, "hw_machine_type");
    return wanted.empty() ? default_machine : wanted;
}

bool uses_agent(const GuestSpec& guest) {
    return property(guest, "hw_qemu_guest_agent") == "true";
}

bool uses_uefi(const GuestSpec& guest) {
    return property(guest, "hw_firmware_type") == "uefi";
}

std::string disk_bus(const GuestDisk& disk) {
    return disk.disk_bus.empty() ? "virtio" : disk.disk_bus;
}

bool is_read_only(const GuestDisk& disk) {
    return disk.kind == "config" || get_string(get_object(disk.connection_info, "data"), "access_mode") == "ro";
}

bool is_shareable(const GuestDisk& disk, disk::Format format) {
    return get_bool(disk.connection_info, "multiattach") && format == disk::Format::Raw;
}

std::string nic_model(const GuestSpec& guest) {
    auto wanted = property(guest, "hw_vif_model");
    return wanted.empty() ? "virtio" : wanted;
}

std::string scsi_model(const GuestSpec& guest) {
    auto wanted = property(guest, "hw_scsi_model");
    return wanted == "auto" ? "virtio-scsi" : wanted;
}

std::string video_model(const GuestSpec& guest) {
    auto wanted = property(guest, "hw_video_model");
    return wanted == "none" ? std::string() : wanted;
}

std::string watchdog_action(const GuestSpec& guest) {
    auto wanted = property(guest, "hw_watchdog_action");
    return wanted == "disabled" ? std::string() : wanted;
}

}  // namespace virga::compute::virt::qemu
