#include "compute/virt/qemu/boot_order.hpp"

#include <algorithm>

namespace virga::compute::virt::qemu {

std::int64_t boot_order(const std::vector<GuestDisk>& disks, std::size_t disk) {
    if (disks[disk].kind == "config") return 0;
    if (const auto index = disks[disk].boot_index; index >= 0) return index + 1;
    const bool none = std::none_of(disks.begin(), disks.end(), [](const auto& other) { return other.boot_index >= 0; });
    return none && disk == 0 ? 1 : 0;
}

}  // namespace virga::compute::virt::qemu
