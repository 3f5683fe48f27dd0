#pragma once

namespace virga::compute::virt::libvirt {

/// Starts libvirt's event loop on a thread of its own, once per process; it ends with the process. The embedded driver
/// needs it for as long as it watches guests, which is longer than any one connection.
void ensure_event_loop();

}  // namespace virga::compute::virt::libvirt
