#pragma once
#include <string>

#include "compute/model/block_device_parse.hpp"
#include "compute/model/flavor.hpp"

namespace virga::compute {

/// Entries that an image (or the volume that was made from it) defines: its properties block_device_mapping (v2 if
/// bdm_v2 is true, else legacy) and mappings, block-devices.md 3.4. Error{InvalidInput} when a property isn't readable.
BlockDeviceEntries image_defined_devices(const json::object& image_properties, const Flavor& flavor);

/// Name of the root device that image properties ask for ("/dev/vda"), or empty.
std::string root_name_of_properties(const json::object& image_properties);

/// Request entries in front; image-defined entries follow unless a request entry has their device_name.
BlockDeviceEntries merge_block_devices(const BlockDeviceEntries& image_defined, const BlockDeviceEntries& requested);

/// Adds the ephemeral and the swap disk that the flavor gives and no entry asks for.
void add_flavor_devices(BlockDeviceEntries& entries, const Flavor& flavor);

}  // namespace virga::compute
