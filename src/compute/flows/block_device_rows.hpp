#pragma once
#include <optional>

#include "compute/model/block_device.hpp"
#include "taskflow/flow.hpp"

/// The block device that a task works on: argument "bdm" of its TaskSpec.
namespace virga::compute::flows {

BdmId bdm_id(const taskflow::TaskContext& context);
/// Throws Error{Cancelled} when the row is gone: only a delete removes it.
BlockDevice get_block_device(db::Transaction& tx, const taskflow::TaskContext& context);
std::optional<BlockDevice> find_block_device(db::Database& db, const taskflow::TaskContext& context);

/// One attachment per block device, however often it is tried.
AttachmentId attachment_id_of(const BdmId& device);

}  // namespace virga::compute::flows
