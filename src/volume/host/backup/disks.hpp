#pragma once
#include "volume/host/backup/volume_disk.hpp"

namespace virga::volume::host::backup {

std::unique_ptr<VolumeDisk> open_raw(const std::string& path, Access access);
std::unique_ptr<VolumeDisk> open_qcow2(const std::string& path, Access access);

}  // namespace virga::volume::host::backup
