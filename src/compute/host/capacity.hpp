#pragma once
#include <cstdint>
#include <string>

#include "config/config.hpp"

namespace virga::compute::host {

struct Capacity {
    std::int64_t vcpus = 0;
    std::int64_t memory_mib = 0;
    std::int64_t disk_gib = 0;
    std::int64_t free_disk_gib = 0;
};

/// What this host has for servers: as found, or as the settings say. A host with the fake hypervisor has room for
/// everything unless it is told otherwise.
Capacity capacity(const config::Config& config, bool fake, const std::string& folder);

}  // namespace virga::compute::host
