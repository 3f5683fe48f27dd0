#include "compute/model/block_device_plan.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "compute/model/block_device_merge.hpp"
#include "compute/model/device_names.hpp"

namespace virga::compute {
namespace {

[[noreturn]] void invalid(const std::string& message) {
    throw Error(ErrorCode::InvalidInput, message);
}

BootMetadata metadata_of(const image::Image& image) {
    return {image.id.value,    image.status,      image.properties, image.size_bytes.value_or(0),
            image.min_ram_mib, image.min_disk_gib};
}

std::int64_t number_text(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (value == nullptr) return 0;
    if (value->is_int64()) return value->get_int64();
    if (!value->is_string()) return 0;
    try {
        return std::stoll(std::string(value->get_string()));
    } catch (const std::logic_error&) {
        return 0;
    }
}

/// A volume keeps its image's metadata as texts; its own size counts, and it is usable whatever became of the image.
BootMetadata metadata_of(const volume::Volume& volume) {
    constexpr std::int64_t kGib = 1024LL * 1024 * 1024;
    BootMetadata metadata;
    metadata.properties = volume.image_metadata;
    metadata.min_ram_mib = number_text(volume.image_metadata, "min_ram");
    metadata.min_disk_gib = number_text(volume.image_metadata, "min_disk");
    metadata.size_bytes = volume.size_gib * kGib;
    return metadata;
}

BootMetadata bootable_metadata(const BlockDeviceEntry& root, BootLookup& lookup, const std::string& volume_id) {
    const auto volume = lookup.volume(volume_id);
    if (!volume) refuse(root, "uuid", "failed to get volume " + volume_id);
    if (!volume->bootable) invalid("Block Device " + volume_id + " is not bootable.");
    return metadata_of(*volume);
}

BootMetadata root_metadata(const BlockDeviceEntry& root, BootLookup& lookup) {
    const auto& device = root.device;
    if (device.source_type == "image") {
        const auto image = lookup.image(device.image_id);
        if (!image) refuse(root, "uuid", "failed to get image " + device.image_id);
        return metadata_of(*image);
    }
    if (device.source_type == "volume") return bootable_metadata(root, lookup, device.volume_id);
    if (device.source_type == "snapshot") {
        const auto snapshot = lookup.snapshot(device.snapshot_id);
        if (!snapshot) refuse(root, "uuid", "failed to get snapshot " + device.snapshot_id);
        return bootable_metadata(root, lookup, snapshot->volume.value);
    }
    return {};
}

/// block-devices.md 3.1.
BootMetadata boot_metadata(const BlockDeviceRequest& request, const BlockDeviceEntries& requested, BootLookup& lookup) {
    if (!request.image_ref.empty()) {
        const auto image = lookup.image(request.image_ref);
        if (!image) invalid("imageRef: can not find requested image " + request.image_ref);
        if (!image->unusable.empty()) invalid("imageRef: " + image->unusable);
        return metadata_of(*image);
    }
    if (request.trusted_certificates) {
        invalid("trusted_image_certificates: image certificate validation is not supported for booting from a volume");
    }
    const auto* root = root_entry(requested);
    return root == nullptr ? BootMetadata{} : root_metadata(*root, lookup);
}

bool is_legacy(const BlockDeviceRequest& request) {
    return !request.v2 || request.v2->empty();
}

BlockDeviceEntries parse(const BlockDeviceRequest& request) {
    const bool v1 = request.legacy && !request.legacy->empty();
    if (v1 && !is_legacy(request)) {
        invalid("block_device_mapping: give block_device_mapping or block_device_mapping_v2, not both");
    }
    if (is_legacy(request) && !v1 && request.image_ref.empty()) {
        invalid("imageRef: missing imageRef attribute: name an image or give block_device_mapping_v2");
    }
    if (!is_legacy(request)) return parse_block_devices_v2(*request.v2, !request.image_ref.empty(), request.minor);
    auto entries = v1 ? parse_block_devices_v1(*request.legacy) : BlockDeviceEntries{};
    if (request.image_ref.empty()) assign_legacy_root(entries, {}, {}, false);
    return entries;
}

/// block-devices.md 3.3: no volume may take the name of the image's root.
void check_root_name(const BlockDeviceEntries& entries, const std::string& root_name) {
    const auto name = root_name.empty() ? std::string("/dev/vda") : root_name;
    for (const auto& entry : entries) {
        if (entry.device.is_volume() && entry.device.device_name == name) {
            refuse(entry, "device_name",
                   "the volume can't be assigned the same device name as the root device " + name);
        }
    }
}

void drop_image_root(BlockDeviceEntries& entries) {
    std::erase_if(entries, [](const auto& e) { return e.device.is_root() && e.device.source_type == "image"; });
}

BlockDeviceEntries merge(const BlockDeviceRequest& request, BlockDeviceEntries requested,
                         const BootMetadata& metadata) {
    const auto root_name = root_name_of_properties(metadata.properties);
    if (!request.image_ref.empty() && !is_legacy(request)) check_root_name(requested, root_name);
    const auto defined = request.image_ref.empty() && root_entry(requested) != nullptr &&
                                 root_entry(requested)->device.source_type != "image"
                             ? BlockDeviceEntries{}
                             : image_defined_devices(metadata.properties, request.flavor);
    const bool image_has_root = root_entry(defined) != nullptr;
    if (is_legacy(request) && !request.image_ref.empty()) {
        assign_legacy_root(requested, request.image_ref, root_name, image_has_root);
    } else if (image_has_root) {
        drop_image_root(requested);
    }
    auto merged = merge_block_devices(defined, requested);
    if (request.max_count > 1) {
        for (const auto& entry : merged) {
            if (entry.device.source_type == "volume" && !entry.device.no_device) {
                refuse(entry, "source_type", "cannot attach one or more volumes to multiple instances");
            }
        }
    }
    std::erase_if(merged, [](const auto& entry) { return entry.device.no_device; });
    add_flavor_devices(merged, request.flavor);
    return merged;
}

BlockDevice device_of(const RequestedDevice& requested) {
    BlockDevice device;
    device.kind = kind_of(requested);
    device.device_type = requested.device_type;
    device.disk_bus = requested.disk_bus;
    device.device_name = requested.device_name;
    device.boot_index = requested.boot_index;
    device.delete_on_termination = requested.delete_on_termination;
    if (device.is<ExistingVolume>()) device.volume_id = requested.volume_id;
    device.tag = requested.tag;
    return device;
}

BlockDevicePlan plan_of(const BlockDeviceEntries& entries, const BootMetadata& metadata) {
    BlockDevicePlan plan;
    plan.image_properties = metadata.properties;
    for (const auto& entry : entries) {
        plan.devices.push_back(device_of(entry.device));
        plan.devices.back().position = static_cast<std::int64_t>(plan.devices.size()) - 1;
    }
    assign_device_names(plan.devices, metadata.properties);
    plan.root_device_name = root_device_name(plan.devices);
    plan.volume_backed = root_entry(entries)->device.is_volume();
    plan.way = way_of(plan.devices).value();
    plan.decisions = describe_all(plan.devices);
    return plan;
}

}  // namespace

BlockDevicePlan plan_block_devices(const BlockDeviceRequest& request, BootLookup& lookup) {
    auto requested = parse(request);
    const auto metadata = boot_metadata(request, requested, lookup);
    auto entries = merge(request, std::move(requested), metadata);
    check_flavor_and_image(metadata, request.flavor, root_entry(entries), request.is_admin);
    check_block_devices(entries, lookup, request.flavor, request.image_ref, request.max_local, request.minor);
    return plan_of(entries, metadata);
}

}  // namespace virga::compute
