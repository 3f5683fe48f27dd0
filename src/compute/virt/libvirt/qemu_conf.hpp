#pragma once
#include <string>

#include "compute/virt/libvirt/machine_security.hpp"

namespace virga::compute::virt::libvirt {

/// Writes <root>/etc/qemu.conf of the embedded driver: everything that is one guest's own business stays with Virga (no
/// log daemon, no namespaces, no ownership changes), but for the system call filter, and what the machine has of
/// cgroups and a security driver. Throws Error{InvalidInput} when the folder's path is too long for libvirt's sockets,
/// and Error{Unavailable} when the user is missing that libvirt was built for: it looks it up even if guests run as
/// others.
/// `certificates`: folder of those by which guests reach disks of other hosts, which must exist when libvirt is opened;
/// empty: they reach none.
void write_qemu_conf(const std::string& root, const MachineSecurity& machine, const std::string& certificates);

}  // namespace virga::compute::virt::libvirt
