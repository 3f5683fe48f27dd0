#include "compute/virt/libvirt/domain_settings.hpp"

#include "compute/virt/settings.hpp"
#include "config/between_hosts.hpp"

namespace virga::compute::virt::libvirt {

DomainSettings domain_settings(const config::Config& config) {
    DomainSettings settings;
    settings.virt_type = config.get(setting::virt_type);
    settings.cpu_mode = config.get(setting::cpu_mode);
    settings.machine = config.get(setting::machine);
    settings.emulator = config.get(setting::emulator);
    settings.uefi_code = config.get(setting::uefi_code);
    settings.uefi_variables = config.get(setting::uefi_variables);
    settings.user = config.get(setting::user);
    settings.group = config.get(setting::group);
    if (settings.group.empty()) settings.group = settings.virt_type == "kvm" ? "kvm" : "libvirt-qemu";
    settings.guest_uids = UidRange::parse(config.get(setting::guest_uids));
    settings.use_machine_security = config.get(setting::use_machine_security);
    settings.tls_folder = config.get(config::between_hosts::tls_folder);
    settings.soft_reboot_timeout = std::chrono::seconds(config.get(setting::soft_reboot_timeout_s));
    settings.detach_timeout = std::chrono::seconds(config.get(setting::detach_timeout_s));
    return settings;
}

}  // namespace virga::compute::virt::libvirt
