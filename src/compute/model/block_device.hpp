#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.hpp"
#include "base/json.hpp"
#include "compute/model/device_kind.hpp"

namespace virga::compute {

/// One entry of a server's block_device_mapping, checked and merged (block-devices.md 1 and 2). The API's words.
struct BlockDevice {
    BdmId id;
    ServerId server;
    DeviceKind kind;
    std::string device_type;                 ///< disk, cdrom, floppy, lun; empty: disk
    std::string disk_bus;                    ///< virtio, ...; empty: by image and default
    std::string device_name;                 ///< "/dev/vda"; empty until named
    std::optional<std::int64_t> boot_index;  ///< null and negative: not bootable
    bool delete_on_termination = false;
    std::string volume_id;      ///< of a volume: given, or filled once the volume is made
    std::string attachment_id;  ///< of a volume
    json::object connection_info;
    std::string tag;
    std::int64_t position = 0;  ///< order in the list

    template <class Kind>
    bool is() const {
        return std::holds_alternative<Kind>(kind);
    }
    const DeviceClass& device_class() const { return class_of(kind); }
    bool is_volume() const { return device_class().treatment != Treatment::Nothing; }
    bool is_root() const { return boot_index && *boot_index == 0; }
};

}  // namespace virga::compute
