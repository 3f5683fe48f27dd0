#include "compute/virt/libvirt/xml/domain.hpp"

#include <pugixml.hpp>

#include "compute/virt/libvirt/xml/config_drive.hpp"
#include "compute/virt/libvirt/xml/disk.hpp"
#include "compute/virt/libvirt/xml/interface.hpp"
#include "compute/virt/libvirt/xml/text.hpp"

namespace virga::compute::virt::libvirt {
namespace {

void add_metadata(pugi::xml_node domain, const GuestSpec& guest) {
    auto server = domain.append_child("metadata").append_child("virga:server");
    server.append_attribute("xmlns:virga") = "urn:virga:server:1";
    add_text(server, "virga:name", guest.name);
    add_text(server, "virga:flavor", guest.flavor_name);
    add_text(server, "virga:project", guest.project_id);
    add_text(server, "virga:user", guest.user_id);
}

void add_size(pugi::xml_node domain, const GuestSpec& guest) {
    add_text(domain, "memory", std::to_string(guest.memory_mib)).append_attribute("unit") = "MiB";
    add_text(domain, "vcpu", std::to_string(guest.vcpus));
}

void add_machine(pugi::xml_node domain, const DomainSettings& settings) {
    auto type = add_text(domain.append_child("os"), "type", "hvm");
    type.append_attribute("arch") = "x86_64";
    type.append_attribute("machine") = settings.machine.c_str();
    domain.append_child("features").append_child("acpi");
    if (settings.cpu_mode != "none") domain.append_child("cpu").append_attribute("mode") = settings.cpu_mode.c_str();
    domain.append_child("clock").append_attribute("offset") = "utc";
    add_text(domain, "on_poweroff", "destroy");
    add_text(domain, "on_reboot", "restart");
    add_text(domain, "on_crash", "destroy");
}

void add_console(pugi::xml_node devices, const std::string& console_log) {
    auto serial = devices.append_child("serial");
    serial.append_attribute("type") = "pty";
    if (!console_log.empty()) {
        auto log = serial.append_child("log");
        log.append_attribute("file") = console_log.c_str();
        log.append_attribute("append") = "off";
    }
    serial.append_child("target").append_attribute("port") = "0";
}

// No USB, no graphics: a server is reached over the network and its serial console.
void add_small_devices(pugi::xml_node devices) {
    auto usb = devices.append_child("controller");
    usb.append_attribute("type") = "usb";
    usb.append_attribute("model") = "none";
    auto rng = devices.append_child("rng");
    rng.append_attribute("model") = "virtio";
    add_text(rng, "backend", "/dev/urandom").append_attribute("model") = "random";
    auto balloon = devices.append_child("memballoon");
    balloon.append_attribute("model") = "virtio";
}

// Disks without a boot index come after those that have one; a guest where none has one boots from its first disk.
std::int64_t boot_order(const GuestSpec& guest, std::size_t disk) {
    const auto index = guest.disks[disk].boot_index;
    if (index >= 0) return index + 1;
    for (const auto& other : guest.disks)
        if (other.boot_index >= 0) return 0;
    return disk == 0 ? 1 : 0;
}

}  // namespace

std::string domain_name(const std::string& server_id) {
    return "virga-" + server_id;
}

std::string domain_xml(const DomainSettings& settings, const GuestSpec& guest, const std::vector<DiskFile>& files,
                       const std::string& console_log) {
    pugi::xml_document document;
    auto domain = document.append_child("domain");
    domain.append_attribute("type") = settings.virt_type.c_str();
    add_text(domain, "name", domain_name(guest.server_id));
    add_text(domain, "uuid", guest.server_id);
    add_metadata(domain, guest);
    add_size(domain, guest);
    add_machine(domain, settings);
    auto devices = domain.append_child("devices");
    add_text(devices, "emulator", settings.emulator);
    for (std::size_t i = 0; i < files.size(); ++i) {
        const auto& disk = guest.disks[i];
        if (disk.kind == "config") {
            add_disk(devices, placed_config_drive(disk, guest.disks, settings.machine), files[i], 0);
        } else {
            add_disk(devices, disk, files[i], boot_order(guest, i));
        }
    }
    for (const auto& nic : guest.nics) add_interface(devices, nic);
    add_console(devices, console_log);
    add_small_devices(devices);
    return to_text(document);
}

}  // namespace virga::compute::virt::libvirt
