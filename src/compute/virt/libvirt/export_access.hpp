#pragma once
#include "compute/virt/driver.hpp"

namespace virga::compute::virt::libvirt {

/// Returns when the export takes connections: one whose process or host has just ended comes again within seconds, and
/// QEMU itself tries once. Throws Error{Unavailable} after 15 s, with the place.
void await_export(const NbdExport& nbd);

}  // namespace virga::compute::virt::libvirt
