#pragma once
#include <string>

#include "volume/host_commands.hpp"

namespace virga::volume::host::test {

/// Does what a running guest's hypervisor would: merges the two layers of the files at rest.
void make_merge(const LayerMerge& merge, const std::string& active);

}  // namespace virga::volume::host::test
