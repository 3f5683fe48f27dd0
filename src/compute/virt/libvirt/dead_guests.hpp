#pragma once
#include <string>

namespace virga::compute::virt::libvirt {

/// Call before the driver is opened. Looks at each guest that the hypervisor's records below `root` call running: where
/// the emulator is gone (the machine restarted), or the start never came to its end (the host was killed within it;
/// such an emulator is ended, its guest has not been told to anybody), the record is removed, and the guest counts as
/// stopped. Left alone, the driver would wait half a minute for each of them to answer.
/// Throws Error{Unavailable} when another process has the driver open.
void forget_dead_guests(const std::string& root);

}  // namespace virga::compute::virt::libvirt
