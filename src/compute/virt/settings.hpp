#pragma once
#include "compute/virt/uid_range.hpp"
#include "config/config.hpp"

namespace virga::compute::virt::setting {

inline const config::Setting<std::string> driver{"compute.driver", std::string("libvirt"),
                                                 "Hypervisor driver of the host: libvirt or fake."};
inline const config::Setting<std::string> fake_script{
    "fake.script", std::string(),
    "Faults of the fake hypervisor, comma separated: `fail METHOD [N]`, `lose METHOD [N]` (do it, then fail) or `hang "
    "METHOD [N]` for the Nth call of spawn, destroy, power_on, power_off, reboot, attach_disk or detach_disk."};
inline const config::Setting<std::string> virt_type{
    "libvirt.virt_type", std::string("qemu"), config::OneOf{"qemu", "kvm"},
    "How guests run: qemu (software emulation) or kvm; kvm is never guessed from /dev/kvm, since that can lie."};
inline const config::Setting<std::string> machine{"libvirt.machine", std::string("pc"), "Machine type of guests."};
inline const config::Setting<std::string> emulator{"libvirt.emulator", std::string("/usr/bin/qemu-system-x86_64"),
                                                   "Emulator program of guests."};
inline const config::Setting<std::string> uefi_code{"libvirt.uefi_code", std::string("/usr/share/OVMF/OVMF_CODE_4M.fd"),
                                                    "Firmware of guests whose image has hw_firmware_type=uefi."};
inline const config::Setting<std::string> uefi_variables{
    "libvirt.uefi_variables", std::string("/usr/share/OVMF/OVMF_VARS_4M.fd"),
    "What the variables of such a firmware are at a guest's first start; each guest has a copy."};
inline const config::Setting<std::string> cpu_mode{"libvirt.cpu_mode", std::string("maximum"),
                                                   config::OneOf{"none", "host-model", "host-passthrough", "maximum"},
                                                   "CPU that guests see; none: the emulator's default."};
inline const config::Setting<std::string> user{
    "libvirt.user", std::string("libvirt-qemu"),
    "User that all guests run as when libvirt.guest_uids is empty. Counts when Virga is privileged."};
inline const config::Setting<std::string> group{
    "libvirt.group", std::string(),
    "Group of all guests, which may read the cached images that their disks stand on; empty: kvm with virt_type kvm, "
    "whose device it opens, otherwise libvirt-qemu."};
inline const config::Setting<std::string> guest_uids{
    "libvirt.guest_uids", std::string("2000000-2065535"),
    config::Form{"two user numbers, such as 2000000-2065535, or empty", is_uid_range_or_empty},
    "Numbers of the users that guests run as, each as another one, so that none can touch another's disks. Nothing "
    "else on the machine, or on storage that it shares, should use them. Empty: all run as libvirt.user."};
inline const config::Setting<bool> use_machine_security{
    "libvirt.use_machine_security", true,
    "Put guests in cgroups and under AppArmor or SELinux, where this machine has them; the log and `virga check` say "
    "what guests run without. false: a user of their own and the filter of system calls only."};
inline const config::Setting<std::int64_t> soft_reboot_timeout_s{
    "libvirt.soft_reboot_timeout_s",
    120,
    {0, config::kDay_s},
    "Seconds that a soft reboot waits for the guest before it becomes hard."};
inline const config::Setting<std::int64_t> detach_timeout_s{
    "libvirt.detach_timeout_s",
    20,
    {1, config::kDay_s},
    "Seconds that a guest gets to let go of a disk before the detach fails."};

}  // namespace virga::compute::virt::setting
