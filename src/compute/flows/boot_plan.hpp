#pragma once
#include <string>
#include <vector>

#include "compute/model/block_device.hpp"
#include "taskflow/flow.hpp"

namespace virga::compute::flows {

/// The tasks of boot_server for a block_device_mapping, in order. All volumes are begun to be created before the first
/// one is attached; attaching follows the order of the classes (volume, snapshot, image, blank). `image_backend` is the
/// class that makes local disks, "Qcow2" or "Raw", for the label of that task; `config_drive_reason` is what the config
/// drive's task says.
std::vector<taskflow::TaskSpec> boot_plan(const std::vector<BlockDevice>& devices,
                                          const std::string& image_backend = "Qcow2",
                                          const std::string& config_drive_reason = {});

/// Volume entries in the order in which they are attached.
std::vector<BlockDevice> attach_order(const std::vector<BlockDevice>& devices);

/// "block_device_mapping has 2 entries: ...": what _prep_block_device does with each entry, in Nova's words.
std::string describe_mapping(const std::vector<BlockDevice>& devices);

}  // namespace virga::compute::flows
