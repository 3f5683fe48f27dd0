#include "compute/flows/block_device_rows.hpp"

#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {

BdmId bdm_id(const taskflow::TaskContext& context) {
    return BdmId(get_string(context.arg, "bdm"));
}

BlockDevice get_block_device(db::Transaction& tx, const taskflow::TaskContext& context) {
    auto device = repo::find_block_device(tx, bdm_id(context));
    if (!device) throw Error(ErrorCode::Cancelled, "Block device " + bdm_id(context).value + " disappeared.");
    return std::move(*device);
}

std::optional<BlockDevice> find_block_device(db::Database& db, const taskflow::TaskContext& context) {
    return db.read_with([&](db::Transaction& tx) { return repo::find_block_device(tx, bdm_id(context)); });
}

AttachmentId attachment_id_of(const BdmId& device) {
    return AttachmentId(derived_uuid(device.value, "attachment"));
}

volume::NewVolume new_volume_of(const BlockDevice& device) {
    auto source = fields_of(device.kind);
    volume::NewVolume wanted;
    if (device.is<BlankVolume>()) wanted.name = device.server.value + "-blank-vol";
    wanted.size_gib = source.volume_size.value_or(0);
    wanted.image_id = std::move(source.image_id);
    wanted.snapshot_id = std::move(source.snapshot_id);
    wanted.volume_type = std::move(source.volume_type);
    wanted.created_for = device.server;
    wanted.claim = device.id.value;
    return wanted;
}

}  // namespace virga::compute::flows
