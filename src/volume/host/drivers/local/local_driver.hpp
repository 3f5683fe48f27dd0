#pragma once
#include "volume/host/drivers/files/folder_store.hpp"

namespace virga::volume::host::local {

/// Volumes on a file system of the host itself: one folder, nothing to mount. Fastest where the file system can
/// reflink.
class LocalDriver : public files::FolderStore {
public:
    using FolderStore::FolderStore;
    std::string name() const override { return "local"; }
};

}  // namespace virga::volume::host::local
