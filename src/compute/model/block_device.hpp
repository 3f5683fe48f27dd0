#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/json.hpp"

namespace virga::compute {

/// One entry of a server's block_device_mapping, in the v2 form (block-devices.md 1 and 2). The API's words.
struct BlockDevice {
    BdmId id;
    ServerId server;
    std::string source_type;                 ///< volume, image, snapshot, blank
    std::string destination_type;            ///< local, volume
    std::string guest_format;                ///< swap, or a file system
    std::string device_type;                 ///< disk, cdrom, floppy, lun; empty: disk
    std::string disk_bus;                    ///< virtio, ...; empty: by image and default
    std::string device_name;                 ///< "/dev/vda"; empty until named
    std::optional<std::int64_t> boot_index;  ///< null and negative: not bootable
    bool delete_on_termination = false;
    bool no_device = false;
    std::string image_id;
    std::string snapshot_id;
    std::string volume_id;                    ///< given, or filled once the volume is made
    std::optional<std::int64_t> volume_size;  ///< GiB; for swap MiB
    std::string volume_type;
    std::string attachment_id;
    json::object connection_info;
    std::string tag;
    std::int64_t position = 0;  ///< order in the list

    bool is_volume() const { return destination_type == "volume"; }
    bool is_root() const { return boot_index && *boot_index == 0; }
    bool is_swap() const { return source_type == "blank" && destination_type == "local" && guest_format == "swap"; }
    bool is_ephemeral() const {
        return source_type == "blank" && destination_type == "local" && guest_format != "swap";
    }
    bool is_local_root() const { return source_type == "image" && destination_type == "local"; }

    json::object to_json() const;
    static BlockDevice from_json(const json::object& object);
};

/// Name of the driver class that handles an entry, as block-devices.md 8 selects it: "DriverSwapBlockDevice",
/// "DriverEphemeralBlockDevice", "DriverImageBlockDevice" (the local root), "DriverVolumeBlockDevice",
/// "DriverVolSnapshotBlockDevice", "DriverVolImageBlockDevice", "DriverVolBlankBlockDevice"; empty for no_device.
std::string driver_class(const BlockDevice& device);

}  // namespace virga::compute
