#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "compute/model/device_kind.hpp"

namespace virga::compute {

/// What a request or an image says of a disk, in the v2 form (block-devices.md 1 and 2), before all of it is checked.
struct RequestedDevice : DeviceFields {
    std::string volume_id;                   ///< of source volume
    std::string device_type;                 ///< disk, cdrom, floppy, lun; empty: disk
    std::string disk_bus;                    ///< virtio, ...; empty: by image and default
    std::string device_name;                 ///< "/dev/vda"; empty: any
    std::optional<std::int64_t> boot_index;  ///< null and negative: not bootable
    bool delete_on_termination = false;
    bool no_device = false;  ///< takes an entry of the image with this name away
    std::string tag;

    bool is_root() const { return boot_index && *boot_index == 0; }
};

/// An entry and how messages call it ("block_device_mapping_v2.0").
struct BlockDeviceEntry {
    RequestedDevice device;
    std::string where;
};
using BlockDeviceEntries = std::vector<BlockDeviceEntry>;

/// Throws Error{InvalidInput} "<where>.<field>: <why>".
[[noreturn]] void refuse(const BlockDeviceEntry& entry, std::string_view field, std::string_view why);

/// Parses a block_device_mapping_v2 of a request: the schema of microversion 2.`minor` and the rules of one entry
/// (block-devices.md 1 and 2). `has_image`: the request has an imageRef. Any violation is Error{InvalidInput} that
/// names the entry and the field.
BlockDeviceEntries parse_block_devices_v2(const json::array& list, bool has_image, int minor);

/// Parses a legacy block_device_mapping (block-devices.md 1) and converts it to v2 entries, without a root yet.
BlockDeviceEntries parse_block_devices_v1(const json::array& list);

/// Gives converted legacy entries their boot_index and, when none is the root and there is an image, puts the image's
/// local root in front (block-devices.md 3). `root_name` is the root device name that the image or volume asks for,
/// or empty. `root_elsewhere`: the image's own mapping has the root, so none is put in front.
void assign_legacy_root(BlockDeviceEntries& entries, const std::string& image_id, const std::string& root_name,
                        bool root_elsewhere);

/// true, 1, "true", "yes", "on", ...
bool truthy(const json::value& value);

}  // namespace virga::compute
