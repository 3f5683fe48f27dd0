#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "compute/virt/uid_range.hpp"
#include "config/config.hpp"

namespace virga::compute::virt::libvirt {

/// What the configuration says of every guest of this host.
struct DomainSettings {
    std::string virt_type = "qemu";
    std::string machine = "pc";
    std::string emulator = "/usr/bin/qemu-system-x86_64";
    std::string uefi_code = "/usr/share/OVMF/OVMF_CODE_4M.fd";
    std::string uefi_variables = "/usr/share/OVMF/OVMF_VARS_4M.fd";
    std::string cpu_mode = "maximum";
    std::string user = "libvirt-qemu";
    std::string group = "libvirt-qemu";
    std::optional<UidRange> guest_uids;  ///< unset: all guests run as `user`
    bool use_machine_security = true;    ///< cgroups and a security driver, where there are
    std::string tls_folder;  ///< with the certificate by which guests reach disks of other hosts; empty: none
    std::chrono::seconds soft_reboot_timeout{120};
    std::chrono::seconds detach_timeout{20};
};

/// Throws Error{InvalidInput} for a value that no guest could be made with.
DomainSettings domain_settings(const config::Config& config);

}  // namespace virga::compute::virt::libvirt
