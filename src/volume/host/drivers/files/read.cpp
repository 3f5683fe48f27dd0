// FolderStore: reading a volume's content as a whole.
#include "volume/host/drivers/files/folder_store.hpp"

namespace virga::volume::host::files {

void FolderStore::read(const std::string& id, const std::function<void(const VolumeFile&)>& use) {
    const auto sidecar = catalog_.get(id);
    sidecar.check_files(catalog_.folder(), sidecar.active);
    if (is_busy(sidecar)) throw busy(id);
    use(view(sidecar));
    if (is_busy(sidecar)) throw busy(id);
}

}  // namespace virga::volume::host::files
