#pragma once
#include "volume/host/drivers/remotefs/remotefs_driver.hpp"

namespace virga::volume::host::nfs {

/// Volumes on NFS exports: "SERVER:/PATH" each. The export must let root write (no_root_squash), and locks must work
/// (NFS 4, or 3 with a lock manager), since it is by them that a guest's use of a volume is seen.
class NfsDriver : public remotefs::RemoteFsDriver {
public:
    explicit NfsDriver(const BackendConfig& config) : RemoteFsDriver("nfs", config) {}
};

}  // namespace virga::volume::host::nfs
