#include "compute/flows/guest_spec.hpp"

#include <algorithm>

#include "compute/model/device_names.hpp"
#include "compute/model/hardware.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

GuestDisk named_disk(const BlockDevice& device, const std::string& kind) {
    GuestDisk disk;
    disk.kind = kind;
    disk.device_name = strip_dev(device.device_name);
    if (!device.disk_bus.empty()) disk.disk_bus = device.disk_bus;
    if (!device.device_type.empty()) disk.device_type = device.device_type;
    disk.boot_index = device.boot_index.value_or(-1);
    return disk;
}

GuestDisk disk_of(const Server& server, const BlockDevice& device, const LocalImage&, std::size_t) {
    auto disk = named_disk(device, "root");
    disk.boot_index = 0;
    disk.file = DiskName::root();
    disk.size_mib = to_mib(Gib{server.flavor.root_gib}).count;
    return disk;
}

GuestDisk disk_of(const Server& server, const BlockDevice& device, const EphemeralDisk& kind, std::size_t index) {
    auto disk = named_disk(device, "ephemeral");
    disk.file = DiskName::ephemeral(index);
    disk.size_mib = to_mib(kind.size.value_or(Gib{server.flavor.ephemeral_gib})).count;
    return disk;
}

GuestDisk disk_of(const Server& server, const BlockDevice& device, const SwapDisk& kind, std::size_t) {
    auto disk = named_disk(device, "swap");
    disk.file = DiskName::swap();
    disk.size_mib = kind.size.value_or(Mib{server.flavor.swap_mib}).count;
    return disk;
}

template <class Kind>
void add_local(std::vector<GuestDisk>& disks, const Server& server, const std::vector<BlockDevice>& devices) {
    std::size_t index = 0;
    for (const auto& device : devices) {
        const auto* kind = std::get_if<Kind>(&device.kind);
        if (kind != nullptr) disks.push_back(disk_of(server, device, *kind, index++));
    }
}

/// The last disk; the driver gives it a bus that the machine has, unless the image names one.
GuestDisk config_drive(const json::object& image_properties) {
    GuestDisk disk;
    disk.kind = "config";
    disk.disk_bus = get_string(image_properties, "hw_cdrom_bus");
    disk.device_type = "cdrom";
    disk.file = DiskName::config_drive();
    return disk;
}

}  // namespace

std::vector<GuestDisk> local_disks(const Server& server, const std::vector<BlockDevice>& devices) {
    std::vector<GuestDisk> disks;
    add_local<LocalImage>(disks, server, devices);
    add_local<EphemeralDisk>(disks, server, devices);
    add_local<SwapDisk>(disks, server, devices);
    return disks;
}

GuestDisk volume_disk(const BlockDevice& device) {
    auto disk = named_disk(device, "volume");
    disk.volume_id = device.volume_id;
    disk.connection_info = device.connection_info;
    return disk;
}

json::object boot_properties(db::Transaction& tx, Dependencies& d, const Server& server,
                             const std::vector<BlockDevice>& devices) {
    if (!server.image_id.empty()) {
        const auto image = d.images.find_any(tx, ImageId(server.image_id));
        return image ? image->properties : json::object();
    }
    const auto root = std::find_if(devices.begin(), devices.end(), [](const auto& device) {
        return device.is_root() && device.is_volume() && !device.volume_id.empty();
    });
    if (root == devices.end()) return {};
    const auto volume = d.volumes.find(tx, VolumeId(root->volume_id));
    return volume ? volume->image_metadata : json::object();
}

GuestSpec guest_spec(db::Transaction& tx, Dependencies& d, const Server& server) {
    const auto devices = repo::block_devices(tx, server.id);
    GuestSpec guest;
    guest.server_id = server.id.value;
    guest.name = server.name;
    guest.vcpus = server.flavor.vcpus;
    guest.memory_mib = server.flavor.memory_mib;
    guest.disks = local_disks(server, devices);
    for (const auto& device : devices) {
        // Entries without a connection are still being attached: they join the guest by hotplug.
        const bool connected = device.is_volume() && !device.connection_info.empty();
        if (connected) guest.disks.push_back(volume_disk(device));
    }
    guest.nics = d.networks.nics_of_server(tx, server.id);
    guest.image_properties =
        guest_hardware(boot_properties(tx, d, server, devices), server.flavor.extra_specs, server.flavor.vcpus);
    if (server.has_config_drive) guest.disks.push_back(config_drive(guest.image_properties));
    guest.project_id = server.project.value;
    guest.user_id = server.user.value;
    guest.flavor_name = server.flavor.name;
    return guest;
}

}  // namespace virga::compute::flows
