#pragma once
#include "volume/host/drivers/remotefs/remotefs_driver.hpp"

namespace virga::volume::host::glusterfs {

/// Volumes on GlusterFS volumes, mounted by FUSE: "SERVER:/VOLUME" each, also with a folder of it
/// ("SERVER:/VOLUME/FOLDER"). Replication, healing and which server answers are GlusterFS's.
class GlusterFsDriver : public remotefs::RemoteFsDriver {
public:
    explicit GlusterFsDriver(const BackendConfig& config) : RemoteFsDriver("glusterfs", config) {}
};

}  // namespace virga::volume::host::glusterfs
