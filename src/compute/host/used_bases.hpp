#pragma once
#include <set>
#include <string>

namespace virga::compute::host {

/// Absolute paths of the base files that disks of servers on this host stand on: by what was recorded, and by what the
/// headers of the overlays say.
std::set<std::string> used_bases(const std::string& instances);

}  // namespace virga::compute::host
