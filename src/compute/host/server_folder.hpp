#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compute/host_commands.hpp"
#include "disk/format.hpp"

namespace virga::compute::host {

/// What is known of a local disk: kept in disk.info, since a guest could write anything into the disk itself.
struct DiskRecord {
    disk::Format format = disk::Format::Raw;
    std::string backing;  ///< absolute path of the base, or empty
};
using DiskRecords = std::map<DiskName, DiskRecord>;

/// The folder of one server: <instances>/<server id>/ with its local disks, disk.info, console.log and guest.json.
class ServerFolder {
public:
    /// Throws Error{InvalidInput} when the id is not a UUID: it becomes a path.
    ServerFolder(const std::string& instances, const std::string& server_id);

    const std::string& path() const { return path_; }
    std::string disk_path(const DiskName& file) const { return path_ + "/" + file.text(); }
    std::string console_log() const { return path_ + "/console.log"; }

    void create() const;
    void remove() const;  ///< Success when there is none.

    DiskRecords disks() const;
    void record_disk(const DiskName& file, const DiskRecord& record) const;
    /// The network devices of the guest that was recorded last. None, and an error in the log, when the record can't be
    /// read: it must keep neither the host from starting nor the server from being deleted.
    std::vector<network::Nic> nics() const;
    void record_guest(const GuestSpec& guest) const;

private:
    std::string path_;
};

/// Ids of the servers that have a folder.
std::vector<std::string> server_folders(const std::string& instances);

}  // namespace virga::compute::host
