#pragma once
#include <string>

#include "disk/share_mount.hpp"
#include "volume/host/drivers/files/folder_store.hpp"

namespace virga::volume::host::remotefs {

/// The volumes on one mounted share.
class ShareStore : public files::FolderStore {
public:
    /// `options.folder` is the share's mount point.
    ShareStore(disk::Share share, std::string mount_point_base, const files::Options& options);

    std::string name() const override { return share_.type; }
    Capabilities capabilities() const override;
    /// {driver_volume_type: glusterfs or nfs, data: {export, options, name, path, format, size_gib}, mount_point_base}:
    /// what another host needs to mount the share and find the file. Corrupt when a file of the volume leads out of the
    /// share.
    json::object initialize_connection(const std::string& id, const std::string& connector_host) override;

private:
    disk::Share share_;
    std::string mount_point_base_;
};

}  // namespace virga::volume::host::remotefs
