#pragma once
#include <string>

#include "compute/virt/driver.hpp"

namespace virga::test {

/// A small guest with one raw disk as vda.
compute::GuestSpec guest_spec(const std::string& server_id);
/// A volume as vdb.
compute::GuestDisk volume_disk(const std::string& volume_id);

}  // namespace virga::test
