#pragma once
#include <string>

namespace virga::compute::virt::libvirt {

/// What a running emulator may do beyond what it needs: "as root", "with capabilities", "without a system call filter",
/// several of them joined by commas; empty: none of that, or the process is gone.
std::string excess_rights(int pid);

}  // namespace virga::compute::virt::libvirt
