#pragma once
#include <string>

namespace virga::compute::virt::libvirt {

/// URI of a driver of libvirt ("qemu", "secret") that runs in this process, with its files below `root`.
std::string embedded_uri(const std::string& driver, const std::string& root);

}  // namespace virga::compute::virt::libvirt
