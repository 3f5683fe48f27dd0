#include "compute/host/disk_files.hpp"

#include "base/error.hpp"

namespace virga::compute::host {
namespace {

virt::DiskFile volume_file(const GuestDisk& disk) {
    const auto data = get_object(disk.connection_info, "data");
    virt::DiskFile file{get_string(data, "path"), get_string(data, "format"), disk.volume_id};
    if (file.path.empty() || file.format.empty())
        throw Error(ErrorCode::InvalidInput,
                    "the connection of volume " + disk.volume_id + " names no path or no format on this host");
    return file;
}

virt::DiskFile local_file(const ServerFolder& folder, const GuestDisk& disk, const DiskRecords& records) {
    const auto path = folder.disk_path(disk.file);
    const auto record = records.find(disk.file);
    if (record == records.end())
        throw Error(ErrorCode::NotFound, "local disk '" + disk.file + "' of the server is missing on this host");
    return {path, record->second.format, ""};
}

}  // namespace

virt::DiskFile disk_file(const ServerFolder& folder, const GuestDisk& disk, const DiskRecords& records) {
    return disk.volume_id.empty() ? local_file(folder, disk, records) : volume_file(disk);
}

std::vector<virt::DiskFile> disk_files(const ServerFolder& folder, const GuestSpec& guest) {
    const auto records = folder.disks();
    std::vector<virt::DiskFile> files;
    for (const auto& disk : guest.disks) files.push_back(disk_file(folder, disk, records));
    return files;
}

}  // namespace virga::compute::host
