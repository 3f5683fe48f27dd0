#include "compute/virt/libvirt/xml/domain.hpp"

#include <pugixml.hpp>
#include <set>

#include "compute/virt/check_guest.hpp"
#include "compute/virt/libvirt/xml/disk.hpp"
#include "compute/virt/libvirt/xml/interface.hpp"
#include "compute/virt/libvirt/xml/text.hpp"
#include "compute/virt/qemu/boot_order.hpp"
#include "compute/virt/qemu/config_drive.hpp"
#include "compute/virt/qemu/devices.hpp"

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

std::string property(const GuestSpec& guest, std::string_view name) {
    return get_string(guest.image_properties, name);
}

bool is_on(const GuestSpec& guest, std::string_view name) {
    return property(guest, name) == "true";
}

// Without secure boot: its keys would need a firmware of their own.
void add_firmware(pugi::xml_node os, const DomainSettings& settings, const std::string& variables) {
    auto loader = add_text(os, "loader", settings.uefi_code);
    loader.append_attribute("readonly") = "yes";
    loader.append_attribute("type") = "pflash";
    add_text(os, "nvram", variables);
}

void add_system(pugi::xml_node domain, const DomainSettings& settings, const GuestSpec& guest,
                const std::string& firmware_variables) {
    auto os = domain.append_child("os");
    auto type = add_text(os, "type", "hvm");
    type.append_attribute("arch") = "x86_64";
    type.append_attribute("machine") = qemu::machine_of(guest, settings.machine).c_str();
    if (qemu::uses_uefi(guest)) add_firmware(os, settings, firmware_variables);
    if (is_on(guest, "hw_boot_menu")) os.append_child("bootmenu").append_attribute("enable") = "yes";
}

void add_features(pugi::xml_node domain, const GuestSpec& guest) {
    auto features = domain.append_child("features");
    features.append_child("acpi");
    if (const auto pmu = property(guest, "hw_pmu"); !pmu.empty())
        features.append_child("pmu").append_attribute("state") = is_on(guest, "hw_pmu") ? "on" : "off";
}

void add_cpu(pugi::xml_node domain, const DomainSettings& settings, const GuestSpec& guest) {
    const auto sockets = property(guest, "hw_cpu_sockets");
    if (settings.cpu_mode == "none" && sockets.empty()) return;
    auto cpu = domain.append_child("cpu");
    if (settings.cpu_mode != "none") cpu.append_attribute("mode") = settings.cpu_mode.c_str();
    if (sockets.empty()) return;
    auto topology = cpu.append_child("topology");
    topology.append_attribute("sockets") = sockets.c_str();
    topology.append_attribute("cores") = property(guest, "hw_cpu_cores").c_str();
    topology.append_attribute("threads") = property(guest, "hw_cpu_threads").c_str();
}

// Windows takes the hardware's clock for local time, as Nova has it.
void add_clock(pugi::xml_node domain, const GuestSpec& guest) {
    auto clock = domain.append_child("clock");
    clock.append_attribute("offset") = property(guest, "os_type") == "windows" ? "localtime" : "utc";
    if (property(guest, "hw_time_hpet").empty()) return;
    auto timer = clock.append_child("timer");
    timer.append_attribute("name") = "hpet";
    timer.append_attribute("present") = is_on(guest, "hw_time_hpet") ? "yes" : "no";
}

void add_machine(pugi::xml_node domain, const DomainSettings& settings, const GuestSpec& guest,
                 const std::string& firmware_variables) {
    add_system(domain, settings, guest, firmware_variables);
    add_features(domain, guest);
    add_cpu(domain, settings, guest);
    add_clock(domain, guest);
    add_text(domain, "on_poweroff", "destroy");
    add_text(domain, "on_reboot", "restart");
    add_text(domain, "on_crash", "destroy");
}

// Files are given to the user by us: libvirt changes the owner of none.
void add_user(pugi::xml_node domain, const GuestUser& user) {
    auto label = domain.append_child("seclabel");
    label.append_attribute("type") = "static";
    label.append_attribute("model") = "dac";
    label.append_attribute("relabel") = "no";
    add_text(label, "label", "+" + std::to_string(user.uid) + ":+" + std::to_string(user.gid));
}

// Serial ports after the first go to terminals of the host that nobody reads.
void add_further_ports(pugi::xml_node devices, const GuestSpec& guest) {
    const auto count = property(guest, "hw_serial_port_count");
    for (char port = '1'; !count.empty() && port < count.front(); ++port) {
        auto serial = devices.append_child("serial");
        serial.append_attribute("type") = "pty";
        serial.append_child("target").append_attribute("port") = std::string(1, port).c_str();
    }
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

void add_scsi(pugi::xml_node devices, const GuestSpec& guest) {
    const auto model = qemu::scsi_model(guest);
    if (model.empty()) return;
    auto controller = devices.append_child("controller");
    controller.append_attribute("type") = "scsi";
    controller.append_attribute("model") = model.c_str();
}

void add_agent(pugi::xml_node devices, const GuestSpec& guest, const std::string& socket) {
    if (!qemu::uses_agent(guest)) return;
    auto channel = devices.append_child("channel");
    channel.append_attribute("type") = "unix";
    auto source = channel.append_child("source");
    source.append_attribute("mode") = "bind";
    source.append_attribute("path") = socket.c_str();
    auto target = channel.append_child("target");
    target.append_attribute("type") = "virtio";
    target.append_attribute("name") = qemu::kAgentChannel;
}

/// What the image asks for besides disks and networks.
void add_wanted_devices(pugi::xml_node devices, const GuestSpec& guest, const std::string& agent_socket) {
    add_scsi(devices, guest);
    add_agent(devices, guest, agent_socket);
    if (const auto video = qemu::video_model(guest); !video.empty())
        devices.append_child("video").append_child("model").append_attribute("type") = video.c_str();
    if (const auto action = qemu::watchdog_action(guest); !action.empty()) {
        auto watchdog = devices.append_child("watchdog");
        watchdog.append_attribute("model") = qemu::kWatchdogModel;
        watchdog.append_attribute("action") = action.c_str();
    }
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

GuestDisk placed(const GuestDisk& drive, const DomainSettings& settings, const GuestSpec& guest) {
    std::set<std::string> used;
    for (const auto& disk : guest.disks) used.insert(target_name(disk));
    return qemu::placed_config_drive(drive, used, qemu::machine_of(guest, settings.machine));
}

}  // namespace

std::string domain_name(const std::string& server_id) {
    return "virga-" + server_id;
}

std::string domain_xml(const DomainSettings& settings, const GuestSpec& guest, const std::vector<DiskFile>& files,
                       const GuestFiles& of_guest, const std::optional<GuestUser>& user) {
    pugi::xml_document document;
    auto domain = document.append_child("domain");
    domain.append_attribute("type") = settings.virt_type.c_str();
    add_text(domain, "name", domain_name(guest.server_id));
    add_text(domain, "uuid", guest.server_id);
    add_metadata(domain, guest);
    add_size(domain, guest);
    add_machine(domain, settings, guest, of_guest.firmware_variables);
    if (user) add_user(domain, *user);
    auto devices = domain.append_child("devices");
    add_text(devices, "emulator", settings.emulator);
    for (std::size_t i = 0; i < files.size(); ++i) {
        const auto& disk = guest.disks[i];
        add_disk(devices, disk.kind == "config" ? placed(disk, settings, guest) : disk, files[i],
                 qemu::boot_order(guest.disks, i));
    }
    for (const auto& nic : guest.nics) add_interface(devices, nic, qemu::nic_model(guest));
    add_console(devices, of_guest.console_log);
    add_further_ports(devices, guest);
    add_wanted_devices(devices, guest, of_guest.agent_socket);
    add_small_devices(devices);
    return to_text(document);
}

}  // namespace virga::compute::virt::libvirt
