#pragma once
#include <string>
#include <vector>

namespace virga::compute::virt::libvirt {

/// What the machine has to confine guests beyond a user of their own and the system call filter.
struct MachineSecurity {
    std::string driver = "none";           ///< apparmor, selinux or none, as qemu.conf calls them
    std::vector<std::string> controllers;  ///< of cgroups, that libvirt is to use; none: no cgroups
    std::vector<std::string> lacks;        ///< what guests run without, and why: a sentence each
};

/// Looks below `root` (empty: the machine's own) for what libvirt would find usable. Conservative: a driver that
/// libvirt is told to use and can't is an error at each start, so that all that it needs must be there. AppArmor counts
/// when a profile that is enforced covers this program, as libvirt demands, and its template for guests is installed;
/// SELinux when it enforces a policy that knows contexts of guests; cgroups when version 2 is mounted at its usual
/// place and can be written.
MachineSecurity machine_security(const std::string& root);

}  // namespace virga::compute::virt::libvirt
