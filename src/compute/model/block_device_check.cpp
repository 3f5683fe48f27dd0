#include "compute/model/block_device_check.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "compute/virt/qemu/buses.hpp"

namespace virga::compute {
namespace {

constexpr int kMultiattachSince = 60;
constexpr std::int64_t kGib = 1024LL * 1024 * 1024;

[[noreturn]] void invalid(const std::string& message) {
    throw Error(ErrorCode::InvalidInput, message);
}

void check_boot_sequence(const BlockDeviceEntries& entries) {
    std::vector<std::int64_t> indexes;
    for (const auto& entry : entries) {
        const auto& index = entry.device.boot_index;
        if (index && *index >= 0) indexes.push_back(*index);
    }
    std::sort(indexes.begin(), indexes.end());
    bool valid = !indexes.empty();
    for (std::size_t i = 0; i < indexes.size(); ++i) valid = valid && indexes[i] == static_cast<std::int64_t>(i);
    if (!valid) {
        invalid(
            "block_device_mapping.boot_index: the boot sequence for the instance and image/block device mapping "
            "combination is not valid: it must be 0, 1, 2 ... without a gap or a repeat");
    }
}

void check_volume_type(BlockDeviceEntry& entry, BootLookup& lookup) {
    auto& device = entry.device;
    if (device.volume_type.empty()) return;
    const auto name = lookup.volume_type(device.volume_type);
    if (!name) refuse(entry, "volume_type", "volume type " + device.volume_type + " could not be found");
    device.volume_type = *name;
}

void check_image_source(const BlockDeviceEntry& entry, BootLookup& lookup, const std::string& image_ref) {
    const auto& device = entry.device;
    if (device.image_id.empty()) return;
    if (device.image_id != image_ref) {
        const auto image = lookup.image(device.image_id);
        if (!image) refuse(entry, "uuid", "failed to get image " + device.image_id);
        if (!image->unusable.empty()) refuse(entry, "uuid", image->unusable);
    }
    if (device.source_type == "image" && device.is_volume() && device.volume_size.value_or(0) == 0) {
        refuse(entry, "volume_size", "images with destination_type volume need a non-zero size specified");
    }
}

bool can_be_reserved(const volume::Volume& volume) {
    if (volume.status == volume::VolumeStatus::Available || volume.status == volume::VolumeStatus::Downloading)
        return true;
    return volume.multiattach &&
           (volume.status == volume::VolumeStatus::InUse || volume.status == volume::VolumeStatus::Reserved);
}

void check_volume_source(BlockDeviceEntry& entry, BootLookup& lookup, int minor) {
    auto& device = entry.device;
    if (device.volume_id.empty()) return;
    const auto volume = lookup.volume(device.volume_id);
    if (!volume) refuse(entry, "uuid", "failed to get volume " + device.volume_id);
    if (volume->multiattach && minor < kMultiattachSince) {
        refuse(entry, "uuid", "multiattach volumes need compute API version 2.60 or newer");
    }
    if (!can_be_reserved(*volume)) {
        refuse(entry, "uuid",
               "volume " + volume->id.value + " is " + text_of(volume->status) + ": it must be available");
    }
    device.volume_size = volume->size_gib;
}

void check_snapshot_source(BlockDeviceEntry& entry, BootLookup& lookup) {
    auto& device = entry.device;
    if (device.snapshot_id.empty()) return;
    const auto snapshot = lookup.snapshot(device.snapshot_id);
    if (!snapshot) refuse(entry, "uuid", "failed to get snapshot " + device.snapshot_id);
    if (!device.volume_size) device.volume_size = snapshot->size_gib;
    if (*device.volume_size < snapshot->size_gib) {
        refuse(entry, "volume_size",
               "must be at least " + std::to_string(snapshot->size_gib) + ", the snapshot's size");
    }
}

void check_blank_volume(const BlockDeviceEntry& entry) {
    const auto& device = entry.device;
    if (device.source_type == "blank" && device.is_volume() && device.volume_size.value_or(0) == 0) {
        refuse(entry, "volume_size", "blank volumes (source blank, destination volume) need a non-zero size");
    }
}

void check_disk_bus(const BlockDeviceEntry& entry) {
    const auto& bus = entry.device.disk_bus;
    if (!virt::qemu::is_usable_disk_bus(bus))
        refuse(entry, "disk_bus", "'" + bus + "' is not a disk bus that servers have: ide, sata, scsi or virtio");
}

void check_volumes_differ(const BlockDeviceEntries& entries) {
    std::set<std::string> seen;
    for (const auto& entry : entries) {
        const auto& id = entry.device.volume_id;
        if (!id.empty() && !seen.insert(id).second) refuse(entry, "uuid", "volume " + id + " is already attached");
    }
}

void check_ephemerals(const BlockDeviceEntries& entries, const Flavor& flavor) {
    std::int64_t sum = 0;
    const BlockDeviceEntry* last = nullptr;
    for (const auto& entry : entries) {
        if (!entry.device.is_ephemeral()) continue;
        sum += entry.device.volume_size.value_or(flavor.ephemeral_gib);
        last = &entry;
    }
    if (last != nullptr && sum > flavor.ephemeral_gib) {
        refuse(*last, "volume_size",
               "ephemeral disks of " + std::to_string(sum) + " GiB requested are larger than the flavor allows, " +
                   std::to_string(flavor.ephemeral_gib) + " GiB");
    }
}

void check_swap(const BlockDeviceEntries& entries, const Flavor& flavor) {
    const BlockDeviceEntry* swap = nullptr;
    for (const auto& entry : entries) {
        if (!entry.device.is_swap()) continue;
        if (swap != nullptr) refuse(entry, "guest_format", "more than one swap drive requested");
        swap = &entry;
    }
    if (swap != nullptr && swap->device.volume_size.value_or(0) > flavor.swap_mib) {
        refuse(*swap, "volume_size",
               "swap drive requested is larger than the flavor allows, " + std::to_string(flavor.swap_mib) + " MiB");
    }
}

void check_locals(const BlockDeviceEntries& entries, std::int64_t max_local) {
    const auto count = std::count_if(entries.begin(), entries.end(),
                                     [](const auto& entry) { return entry.device.destination_type == "local"; });
    if (max_local >= 0 && count > max_local) {
        invalid("block_device_mapping.destination_type: " + std::to_string(count) +
                " local devices exceed the limit of " + std::to_string(max_local) + "; boot from a volume");
    }
}

void inherit_sizes(BlockDeviceEntries& entries, const Flavor& flavor) {
    for (auto& entry : entries) {
        auto& device = entry.device;
        if (device.volume_size) continue;
        if (device.is_swap()) device.volume_size = flavor.swap_mib;
        if (device.is_ephemeral()) device.volume_size = flavor.ephemeral_gib;
    }
}

void check_properties(const BootMetadata& metadata) {
    const auto drive = metadata.properties.if_contains("img_config_drive");
    if (drive == nullptr) return;
    const bool known = drive->is_string() && (drive->get_string() == "optional" || drive->get_string() == "mandatory");
    if (!known) invalid("image property img_config_drive: must be optional or mandatory");
}

void check_local_root(const BootMetadata& metadata, const Flavor& flavor, bool is_admin) {
    if (metadata.properties.contains("cinder_encryption_key_id")) {
        invalid("imageRef: the image is encrypted (cinder_encryption_key_id) and can only be booted through a volume");
    }
    if (flavor.root_gib == 0) {
        if (is_admin) return;
        throw Error(ErrorCode::Forbidden,
                    "flavorRef: only volume-backed servers are allowed for flavors with zero disk");
    }
    if (metadata.size_bytes > flavor.root_gib * kGib) {
        invalid("flavorRef: the flavor's disk of " + std::to_string(flavor.root_gib) +
                " GiB is too small for the requested image");
    }
    if (metadata.min_disk_gib > flavor.root_gib) {
        invalid("flavorRef: the flavor's disk is smaller than the minimum size specified in image metadata, " +
                std::to_string(metadata.min_disk_gib) + " GiB");
    }
}

}  // namespace

const BlockDeviceEntry* root_entry(const BlockDeviceEntries& entries) {
    for (const auto& entry : entries) {
        if (entry.device.is_root()) return &entry;
    }
    return nullptr;
}

void check_block_devices(BlockDeviceEntries& entries, BootLookup& lookup, const Flavor& flavor,
                         const std::string& image_ref, std::int64_t max_local, int minor) {
    check_boot_sequence(entries);
    for (auto& entry : entries) {
        check_volume_type(entry, lookup);
        check_image_source(entry, lookup, image_ref);
        check_volume_source(entry, lookup, minor);
        check_snapshot_source(entry, lookup);
        check_blank_volume(entry);
        check_disk_bus(entry);
    }
    check_volumes_differ(entries);
    check_ephemerals(entries, flavor);
    check_swap(entries, flavor);
    check_locals(entries, max_local);
    inherit_sizes(entries, flavor);
}

void check_flavor_and_image(const BootMetadata& metadata, const Flavor& flavor, const BlockDeviceEntry* root,
                            bool is_admin) {
    if (metadata.status != image::ImageStatus::Active) {
        invalid("imageRef: image " + metadata.image_id + " is not active, its status is " +
                lifecycle::text_of(metadata.status));
    }
    if (metadata.min_ram_mib > flavor.memory_mib) {
        invalid("flavorRef: the flavor's memory is too small for the requested image, which needs " +
                std::to_string(metadata.min_ram_mib) + " MiB");
    }
    check_properties(metadata);
    if (root == nullptr) return;
    if (!root->device.is_volume()) return check_local_root(metadata, flavor, is_admin);
    if (root->device.volume_size && metadata.min_disk_gib > *root->device.volume_size) {
        refuse(*root, "volume_size",
               "volume is smaller than the minimum size specified in image metadata, " +
                   std::to_string(metadata.min_disk_gib) + " GiB");
    }
}

}  // namespace virga::compute
