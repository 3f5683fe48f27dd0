#pragma once
#include <optional>
#include <string>

#include "compute/model/block_device_parse.hpp"
#include "compute/model/boot_lookup.hpp"
#include "compute/model/flavor.hpp"

namespace virga::compute {

/// What the checks of flavor and image need of the boot image, wherever it was found (block-devices.md 3.1).
struct BootMetadata {
    std::string image_id;  ///< empty when it comes from a volume
    image::ImageStatus status = image::ImageStatus::Active;
    json::object properties;
    std::int64_t size_bytes = 0;
    std::int64_t min_ram_mib = 0;
    std::int64_t min_disk_gib = 0;
};

/// The whole list (block-devices.md 4). Fills sizes and type names. Error{InvalidInput} names entry and field.
void check_block_devices(BlockDeviceEntries& entries, BootLookup& lookup, const Flavor& flavor,
                         const std::string& image_ref, std::int64_t max_local, int minor);

/// Flavor against image (block-devices.md 5). `root` is the entry with boot_index 0, or null. Error{InvalidInput};
/// Error{Forbidden} for a flavor without a disk when the caller is no admin.
void check_flavor_and_image(const BootMetadata& metadata, const Flavor& flavor, const BlockDeviceEntry* root,
                            bool is_admin);

/// Entry with boot_index 0, or null.
const BlockDeviceEntry* root_entry(const BlockDeviceEntries& entries);

}  // namespace virga::compute
