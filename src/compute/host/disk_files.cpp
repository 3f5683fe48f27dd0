#include "compute/host/disk_files.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "compute/virt/qcow2_chain.hpp"
#include "config/forms.hpp"
#include "disk/share_mount.hpp"

namespace virga::compute::host {
namespace {

/// What mount(8) gets, as root: for a share of this host's own configuration what that says, else what the command
/// says, with neither options of mount(8) itself nor options of the file system that name files. Options don't matter
/// for what is mounted already.
disk::Share share_of(const Context& context, const GuestDisk& disk, const json::object& data, const std::string& base) {
    disk::Share share{get_string(disk.connection_info, "driver_volume_type"), get_string(data, "export"), {}};
    for (const auto& own : context.shares)
        if (own.type == share.type && own.source == share.source) return own;
    const bool named = (share.type == "glusterfs" || share.type == "nfs") && !share.source.starts_with('-') &&
                       share.source.find(":/") != std::string::npos;
    if (!named)
        throw Error(ErrorCode::InvalidInput,
                    "the connection of volume " + disk.volume_id + " names no share that can be mounted");
    if (disk::mount_state(disk::mount_point_of(base, share.source)) == disk::MountState::Alive) return share;
    share.options = get_string(data, "options");
    if (share.options.find_first_of("/ \t\n") != std::string::npos)
        throw Error(ErrorCode::InvalidInput,
                    "the share of volume " + disk.volume_id +
                        " has mount options that name files, which only a host that has the share in its own "
                        "configuration follows",
                    share.options);
    return share;
}

/// On a network share, which is mounted here first if need be. Every file that the guest will read is looked for, since
/// others than Virga may write to a share.
virt::DiskFile share_file(const Context& context, const GuestDisk& disk, const json::object& data) {
    const auto base = get_string(disk.connection_info, "mount_point_base");
    const bool known =
        std::find(context.mount_points.begin(), context.mount_points.end(), base) != context.mount_points.end();
    if (!known)
        throw Error(ErrorCode::InvalidInput,
                    "the connection of volume " + disk.volume_id +
                        " names a folder in which this host mounts no shares: see the setting "
                        "compute.volume_folders",
                    base);
    const auto mount_point = disk::ensure_mounted(share_of(context, disk, data, base), base);
    virt::DiskFile file{disk::path_in_share(mount_point, get_string(data, "name")),
                        disk::format_of(get_string(data, "format")), disk.volume_id};
    for (const auto& link : virt::backing_chain(file.path, file.format)) disk::check_in_share(mount_point, link.path);
    return file;
}

virt::DiskFile exported_disk(const Context& context, const GuestDisk& disk, const json::object& data) {
    if (!context.reaches_exports)
        throw Error(ErrorCode::InvalidInput, "volume " + disk.volume_id +
                                                 " is on another host, which exports it by NBD over TLS: this host "
                                                 "needs the setting host.tls_folder to reach it");
    const auto host = get_string(data, "host");
    const auto port = get_int(data, "port");
    const auto name = get_string(data, "export");
    if (host.empty() || !config::is_host_or_address_or_empty(host) || port <= 0 || port > 65535 || !is_uuid_like(name))
        throw Error(ErrorCode::InvalidInput,
                    "the connection of volume " + disk.volume_id + " names no host, port and export");
    virt::DiskFile file{{}, disk::Format::Raw, disk.volume_id};
    file.nbd = virt::NbdExport{host, static_cast<std::uint16_t>(port), name};
    return file;
}

virt::DiskFile volume_file(const Context& context, const GuestDisk& disk) {
    const auto data = get_object(disk.connection_info, "data");
    const auto type = get_string(disk.connection_info, "driver_volume_type");
    if (type == "nbd") return exported_disk(context, disk, data);
    if (data.contains("export")) return share_file(context, disk, data);
    if (type == "fake" && context.driver->capabilities().real_guests)
        throw Error(ErrorCode::InvalidInput, "volume " + disk.volume_id + " has no data that a guest could use");
    const auto format = get_string(data, "format");
    if (get_string(data, "path").empty() || format.empty())
        throw Error(ErrorCode::InvalidInput,
                    "the connection of volume " + disk.volume_id + " names no path or no format on this host");
    virt::DiskFile file{get_string(data, "path"), disk::format_of(format), disk.volume_id};
    context.volumes.check(file.path, "the file of volume " + disk.volume_id);
    return file;
}

virt::DiskFile local_file(const ServerFolder& folder, const GuestDisk& disk, const DiskRecords& records) {
    if (!disk.file) throw Error(ErrorCode::InvalidInput, "a local disk of the server has no file name");
    const auto record = records.find(*disk.file);
    if (record == records.end())
        throw Error(ErrorCode::NotFound,
                    "local disk '" + disk.file->text() + "' of the server is missing on this host");
    return {folder.disk_path(*disk.file), record->second.format, ""};
}

}  // namespace

virt::DiskFile disk_file(const Context& context, const ServerFolder& folder, const GuestDisk& disk,
                         const DiskRecords& records, const Keys& keys) {
    if (disk.volume_id.empty()) return local_file(folder, disk, records);
    auto file = volume_file(context, disk);
    if (const auto key = keys.find(disk.volume_id); key != keys.end()) file.key = key->second;
    return file;
}

std::vector<virt::DiskFile> disk_files(const Context& context, const ServerFolder& folder, const GuestSpec& guest,
                                       const Keys& keys) {
    const auto records = folder.disks();
    std::vector<virt::DiskFile> files;
    for (const auto& disk : guest.disks) files.push_back(disk_file(context, folder, disk, records, keys));
    return files;
}

}  // namespace virga::compute::host
