#pragma once
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "compute/model/block_device.hpp"

/// Names of disks inside a server (block-devices.md 8, "Device names"). Names are stored as "/dev/vda".
namespace virga::compute {

/// "vda" of "/dev/vda".
std::string strip_dev(std::string_view name);
/// "/dev/vda" of "vda" and of "/dev/vda"; empty stays empty.
std::string prepend_dev(std::string_view name);

/// The first of prefix + a, b ... z, aa ... that is not in `used` (names without "/dev/").
std::string next_device_name(const std::string& prefix, const std::set<std::string>& used);

/// Fills device_name, disk_bus and device_type of a server's list in the order root, ephemerals, swap, other local
/// disks, volumes. A requested name is kept when it fits the bus and is free; otherwise the next letter is taken.
void assign_device_names(std::vector<BlockDevice>& devices, const json::object& image_properties);

/// Name ("/dev/vdb") for a disk that joins `present`. `requested` may be empty. Error{InvalidInput}: malformed;
/// Error{Conflict}: in use. A name of another bus is replaced by the next letter of `disk_bus`.
std::string attach_device_name(const std::vector<BlockDevice>& present, std::string_view requested,
                               std::string_view disk_bus);

/// "/dev/vda" of the list's root; empty when it has none.
std::string root_device_name(const std::vector<BlockDevice>& devices);

}  // namespace virga::compute
