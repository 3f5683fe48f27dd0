#pragma once
#include <optional>
#include <string>
#include <vector>

#include "compute/model/block_device.hpp"
#include "compute/model/block_device_check.hpp"
#include "compute/model/boot_lookup.hpp"
#include "compute/model/flavor.hpp"

namespace virga::compute {

/// The parts of POST /servers that decide where the disks come from.
struct BlockDeviceRequest {
    std::optional<json::array> legacy;  ///< block_device_mapping
    std::optional<json::array> v2;      ///< block_device_mapping_v2
    std::string image_ref;              ///< image id, or empty
    Flavor flavor;
    std::int64_t max_count = 1;
    std::int64_t max_local = 3;  ///< setting compute.max_local_block_devices
    int minor = 1;               ///< of the microversion
    bool is_admin = false;
    bool trusted_certificates = false;  ///< the request names some
};

/// What a request comes to.
struct BlockDevicePlan {
    std::vector<BlockDevice> devices;  ///< in order, named, without ids of their own
    json::object image_properties;     ///< of the boot image or root volume
    std::string root_device_name;      ///< "/dev/vda"
    bool volume_backed = false;
    BootWay way = BootWay::Image;
    std::vector<std::string> decisions;  ///< one sentence each, the way first
};

/// Parses, merges and checks (block-devices.md 1 to 5, in their order). No side effects. Error{InvalidInput} 400,
/// Error{Forbidden} 403.
BlockDevicePlan plan_block_devices(const BlockDeviceRequest& request, BootLookup& lookup);

/// Where the root disk comes from (design, section 1). Empty when none is the root.
std::optional<BootWay> way_of(const std::vector<BlockDevice>& devices);
/// "source image, destination local".
std::string source_and_destination(const BlockDevice& device);
/// "source image, destination local: root disk comes from the image cache; no volume is created or attached".
std::string describe(const BlockDevice& device);
/// The sentences of a list: its way, the number of entries, and each entry.
std::vector<std::string> describe_all(const std::vector<BlockDevice>& devices);

}  // namespace virga::compute
