#include "conformance/virt/guests.hpp"

namespace virga::test {

compute::GuestSpec guest_spec(const std::string& server_id) {
    compute::GuestSpec guest;
    guest.server_id = server_id;
    guest.name = "conformance <&> test";
    guest.memory_mib = 96;
    guest.flavor_name = "m1.tiny";
    guest.project_id = "project";
    guest.user_id = "user";
    compute::GuestDisk disk;
    disk.kind = "root";
    disk.device_name = "/dev/vda";
    disk.boot_index = 0;
    disk.file = compute::DiskName::root();
    guest.disks.push_back(disk);
    return guest;
}

compute::GuestDisk volume_disk(const std::string& volume_id) {
    compute::GuestDisk disk;
    disk.kind = "volume";
    disk.device_name = "/dev/vdb";
    disk.volume_id = volume_id;
    return disk;
}

}  // namespace virga::test
