#pragma once
#include <chrono>
#include <string>

#include "config/config.hpp"

namespace virga::compute::virt::libvirt {

/// What the configuration says of every guest of this host.
struct DomainSettings {
    std::string virt_type = "qemu";
    std::string machine = "pc";
    std::string emulator = "/usr/bin/qemu-system-x86_64";
    std::string cpu_mode = "maximum";
    std::string user = "root";
    std::string group = "root";
    std::chrono::seconds soft_reboot_timeout{120};
    std::chrono::seconds detach_timeout{20};
};

/// Throws Error{InvalidInput} for a value that no guest could be made with.
DomainSettings domain_settings(const config::Config& config);

}  // namespace virga::compute::virt::libvirt
