#pragma once
#include <optional>

#include "compute/model/block_device.hpp"
#include "taskflow/flow.hpp"
#include "volume/service.hpp"

/// The block device that a task works on: argument "bdm" of its TaskSpec.
namespace virga::compute::flows {

BdmId bdm_id(const taskflow::TaskContext& context);
/// Throws Error{Cancelled} when the row is gone: only a delete removes it.
BlockDevice get_block_device(db::Transaction& tx, const taskflow::TaskContext& context);
std::optional<BlockDevice> find_block_device(db::Database& db, const taskflow::TaskContext& context);

/// One attachment per block device, however often it is tried.
AttachmentId attachment_id_of(const BdmId& device);

/// The volume that a boot makes for the block device. Its id and place are left to the task that makes it.
volume::NewVolume new_volume_of(const BlockDevice& device);

}  // namespace virga::compute::flows
