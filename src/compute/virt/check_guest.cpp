#include "compute/virt/check_guest.hpp"

#include "base/error.hpp"
#include "base/ids.hpp"
#include "compute/virt/qemu/buses.hpp"
#include "compute/virt/qemu/devices.hpp"

namespace virga::compute::virt {
namespace {

[[noreturn]] void refuse(const std::string& what) {
    throw Error(ErrorCode::InvalidInput, what);
}

bool is_encrypted(const GuestDisk& disk) {
    const auto data = get_object(disk.connection_info, "data");
    return get_bool(data, "encrypted") || !get_string(data, "encryption").empty();
}

// QEMU has no such disk on these buses, and would refuse the whole guest.
void check_read_only(const GuestDisk& disk, const std::string& name) {
    if (!qemu::is_read_only(disk) || disk.device_type == "cdrom") return;
    if (!qemu::has_read_only_disks(disk.disk_bus))
        refuse(name + " is a read-only volume, which bus '" + disk.disk_bus +
               "' can't have: use disk_bus virtio or scsi, or device_type cdrom");
}

void check_place(const DiskFile& file, const std::string& name) {
    if (!file.nbd) {
        if (!file.path.starts_with('/')) refuse(name + " has no absolute path");
        return;
    }
    if (!file.path.empty() || file.format != disk::Format::Raw) refuse(name + " is both a file and an export");
    if (file.nbd->host.empty() || file.nbd->port == 0 || file.nbd->name.empty())
        refuse(name + " has an export without host, port or name");
}

}  // namespace

void check_file(const GuestDisk& disk, const DiskFile& file) {
    const std::string name = "disk '" + disk.device_name + "'";
    check_place(file, name);
    if (is_encrypted(disk) == file.key.empty())
        refuse(name + (file.key.empty() ? " is encrypted, and its key was not given"
                                        : " is not encrypted, but a key was given"));
    check_read_only(disk, name);
    if (!file.key.empty() && file.format != disk::Format::Qcow2)
        refuse(name + " is encrypted, which only a qcow2 can be");
    const bool named_by_driver = disk.kind == "config";
    if (target_name(disk).empty() && !named_by_driver) refuse("a disk of the guest has no device name");
}

void check_overlay(const DiskFile& file) {
    if (file.format != disk::Format::Qcow2 || !file.path.starts_with('/'))
        refuse("an overlay must be a qcow2 file with an absolute path");
}

void check_mirror(const DiskFile& file) {
    if (!file.path.starts_with('/')) refuse("a mirror must be a file with an absolute path");
}

void check_guest(const GuestSpec& guest, const std::vector<DiskFile>& files) {
    if (!is_uuid_like(guest.server_id)) refuse("guest id '" + guest.server_id + "' is not a UUID");
    if (guest.memory_mib <= 0) refuse("guest " + guest.server_id + " needs a memory size");
    if (guest.vcpus <= 0) refuse("guest " + guest.server_id + " needs a CPU");
    if (files.size() != guest.disks.size()) refuse("guest " + guest.server_id + " needs one file for each disk");
    for (std::size_t i = 0; i < files.size(); ++i) check_file(guest.disks[i], files[i]);
}

std::string target_name(const GuestDisk& disk) {
    constexpr std::string_view kPrefix = "/dev/";
    const auto& name = disk.device_name;
    return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

}  // namespace virga::compute::virt
