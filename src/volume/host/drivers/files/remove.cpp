// FolderStore: removal of volumes and of files that nothing needs.
#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "disk/file.hpp"
#include "volume/host/drivers/files/folder_store.hpp"

namespace virga::volume::host::files {

// First the record says that the volume is being removed, so that its files count no more; then the files go that no
// other record names; then the record. The repeat of an interrupted removal finds the record and goes on.
std::vector<std::string> FolderStore::remove(const std::string& id) {
    if (catalog_.unreadable().contains(id)) catalog_.erase(id);
    auto found = catalog_.find(id);
    if (!found) {
        remove_orphans(id);
        return sharers(id);
    }
    if (!found->snapshots.empty())
        throw Error(ErrorCode::Conflict, "Volume " + id + " still has snapshots; delete them first.", {}, id);
    if (!found->deleting) {
        found->deleting = true;
        catalog_.save(*found);
        failpoint("volume.files.remove.marked");
    }
    std::vector<std::string> files;
    for (const auto& [file, layer] : found->layers) {
        if (layer.kind != Layer::Kind::Base) files.push_back(file);
    }
    auto dependents = sharers(id);
    remove_unneeded(files);
    remove_orphans(id);
    failpoint("volume.files.remove.files");
    catalog_.erase(id);
    failpoint("volume.files.remove.erased");
    bases_.evict_old();
    return dependents;
}

// Other volumes that need one of its files, bases left out. When its record is gone already, files are known by name.
std::vector<std::string> FolderStore::sharers(const std::string& id) const {
    const auto all = catalog_.all();
    const auto own = std::find_if(all.begin(), all.end(), [&](const Sidecar& one) { return one.id == id; });
    const auto first = volume_file(id);
    std::vector<std::string> ids;
    for (const auto& other : all) {
        if (other.id == id || other.deleting) continue;
        const auto shared = [&](const auto& item) {
            const auto& [file, layer] = item;
            if (layer.kind == Layer::Kind::Base) return false;
            return file == first || file.starts_with(first + ".") || (own != all.end() && own->layers.contains(file));
        };
        if (std::any_of(other.layers.begin(), other.layers.end(), shared)) ids.push_back(other.id);
    }
    return ids;
}

void FolderStore::remove_unneeded(const std::vector<std::string>& files) {
    for (const auto& file : files) {
        if (!catalog_.is_needed(file)) disk::remove_file(path(file));
    }
}

// Files that carry the volume's id and that no record names: left by interrupted operations.
void FolderStore::remove_orphans(const std::string& id) {
    if (!catalog_.is_complete()) return;
    const auto first = volume_file(id);
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(options_.folder)) {
        const auto name = entry.path().filename().string();
        const bool own = name == first || name.starts_with(first + ".");
        if (own && name != sidecar_file(id)) files.push_back(name);
    }
    remove_unneeded(files);
}

}  // namespace virga::volume::host::files
