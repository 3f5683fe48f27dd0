#include "compute/model/block_device.hpp"

namespace virga::compute {

json::object BlockDevice::to_json() const {
    return {{"id", id.value},
            {"server", server.value},
            {"source_type", source_type},
            {"destination_type", destination_type},
            {"guest_format", guest_format},
            {"device_type", device_type},
            {"disk_bus", disk_bus},
            {"device_name", device_name},
            {"boot_index", optional_or_null(boot_index)},
            {"delete_on_termination", delete_on_termination},
            {"no_device", no_device},
            {"image_id", image_id},
            {"snapshot_id", snapshot_id},
            {"volume_id", volume_id},
            {"volume_size", optional_or_null(volume_size)},
            {"volume_type", volume_type},
            {"attachment_id", attachment_id},
            {"connection_info", connection_info},
            {"tag", tag},
            {"position", position}};
}

BlockDevice BlockDevice::from_json(const json::object& object) {
    BlockDevice device;
    device.id = BdmId(get_string(object, "id"));
    device.server = ServerId(get_string(object, "server"));
    device.source_type = get_string(object, "source_type");
    device.destination_type = get_string(object, "destination_type");
    device.guest_format = get_string(object, "guest_format");
    device.device_type = get_string(object, "device_type");
    device.disk_bus = get_string(object, "disk_bus");
    device.device_name = get_string(object, "device_name");
    device.boot_index = get_optional_int(object, "boot_index");
    device.delete_on_termination = get_bool(object, "delete_on_termination");
    device.no_device = get_bool(object, "no_device");
    device.image_id = get_string(object, "image_id");
    device.snapshot_id = get_string(object, "snapshot_id");
    device.volume_id = get_string(object, "volume_id");
    device.volume_size = get_optional_int(object, "volume_size");
    device.volume_type = get_string(object, "volume_type");
    device.attachment_id = get_string(object, "attachment_id");
    device.connection_info = get_object(object, "connection_info");
    device.tag = get_string(object, "tag");
    device.position = get_int(object, "position");
    return device;
}

std::string driver_class(const BlockDevice& device) {
    if (device.no_device) return {};
    if (device.is_swap()) return "DriverSwapBlockDevice";
    if (device.is_ephemeral()) return "DriverEphemeralBlockDevice";
    if (device.is_local_root()) return "DriverImageBlockDevice";
    if (!device.is_volume()) return {};
    if (device.source_type == "volume") return "DriverVolumeBlockDevice";
    if (device.source_type == "snapshot") return "DriverVolSnapshotBlockDevice";
    if (device.source_type == "image") return "DriverVolImageBlockDevice";
    if (device.source_type == "blank") return "DriverVolBlankBlockDevice";
    return {};
}

}  // namespace virga::compute
