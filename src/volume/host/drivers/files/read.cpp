// FolderStore: reading a volume's content as a whole.
#include <unistd.h>

#include "base/scope_exit.hpp"
#include "disk/file.hpp"
#include "volume/host/drivers/files/folder_store.hpp"

namespace virga::volume::host::files {

void FolderStore::read(const std::string& id, const std::function<void(const VolumeFile&)>& use) {
    const auto sidecar = catalog_.get(id);
    sidecar.check_files(catalog_.folder(), sidecar.active);
    auto file = view(sidecar);
    if (copy_mode(sidecar) != CopyMode::Reflink || sidecar.connections.empty()) {
        use(file);
        if (is_busy(sidecar)) throw busy(id);
        return;
    }
    // A guest may go on writing: what is read is how the volume is now.
    file.path = path(layer_file(id, "read.tmp"));
    const ScopeExit cleanup([&] { ::unlink(file.path.c_str()); });
    disk::copy(path(sidecar.active), file.path);
    use(file);
}

}  // namespace virga::volume::host::files
