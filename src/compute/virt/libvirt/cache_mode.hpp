#pragma once
#include <string>

namespace virga::compute::virt::libvirt {

/// "none" where the file system of this disk file can do O_DIRECT, else "writeback". Asked once per file system; the
/// file is opened, never read. A missing file gives "none" and is left to fail in the hypervisor, which says why.
std::string cache_mode(const std::string& path);

}  // namespace virga::compute::virt::libvirt
