// FolderStore: snapshots, and the layers that they make and leave.
#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "disk/file.hpp"
#include "volume/host/drivers/files/folder_store.hpp"
#include "volume/host/drivers/files/in_use.hpp"

namespace virga::volume::host::files {

bool FolderStore::is_busy(const Sidecar& sidecar) const {
    return is_open_by_guest(path(sidecar.active));
}

Error FolderStore::busy(const std::string& id) const {
    return Error(ErrorCode::Conflict,
                 "Volume " + id +
                     " is in use by a running server; stop the server first, since the storage of this "
                     "backend can't copy a volume that is being written to.",
                 {}, id);
}

// A connected volume's path was given to a host, which may open it at any time: its active file must stay the active
// one. Without reflink that leaves a full copy, and only while no guest writes.
FolderStore::CopyMode FolderStore::copy_mode(const Sidecar& sidecar) const {
    if (reflink_) return CopyMode::Reflink;
    if (is_busy(sidecar)) throw busy(sidecar.id);
    return sidecar.connections.empty() ? CopyMode::Freeze : CopyMode::Full;
}

// Tags are used once in practice; a file that others still need must never be replaced all the same.
std::string FolderStore::free_name(const Sidecar& sidecar, const std::string& tag) const {
    auto name = layer_file(sidecar.id, tag);
    for (int n = 2; catalog_.is_needed(name); ++n) name = layer_file(sidecar.id, tag + "." + std::to_string(n));
    return name;
}

std::string FolderStore::freeze(Sidecar& sidecar, const std::string& tag) {
    // Deleted clones leave layers that nobody needs. Merging them costs time, a long chain costs the guest.
    constexpr std::size_t kLongChain = 16;
    if (sidecar.chain(sidecar.active).size() > kLongChain) compact(sidecar, {});
    const auto& active = sidecar.active_layer();
    // Nothing was written since the last time (as when a kill made this a repeat): what is beneath is the content.
    if (!active.backing.empty() && disk::qcow2_is_empty(path(active.file))) return active.backing;
    return put_overlay(sidecar, tag);
}

std::string FolderStore::put_overlay(Sidecar& sidecar, const std::string& tag) {
    sidecar.check_files(catalog_.folder(), sidecar.active);
    const auto overlay = free_name(sidecar, tag);
    const auto active = sidecar.active_layer();
    disk::create_qcow2(path(overlay), disk::virtual_size(path(active.file), active.format),
                       disk::Backing{active.file, active.format}, key_of(sidecar));
    sidecar.layers[overlay] = {overlay, "qcow2", active.file, Layer::Kind::Active};
    sidecar.active = overlay;
    sidecar.layers[active.file].kind = Layer::Kind::Frozen;
    return active.file;
}

std::string FolderStore::copy_active(Sidecar& sidecar, const std::string& tag) {
    sidecar.check_files(catalog_.folder(), sidecar.active);
    const auto file = free_name(sidecar, tag);
    const auto active = sidecar.active_layer();
    const auto copied = copy_file(active.file, file, {});
    // Only a reflink is a copy of one instant.
    if ((!reflink_ || copied > 0) && is_busy(sidecar)) {
        disk::remove_file(path(file));
        throw busy(sidecar.id);
    }
    sidecar.layers[file] = {file, active.format, active.backing, Layer::Kind::Frozen};
    return file;
}

// Guards against accidents only; root may write anyway. A link is not followed.
void FolderStore::set_modes(const Sidecar& sidecar) const {
    for (const auto& [file, layer] : sidecar.layers) {
        const mode_t mode = layer.kind == Layer::Kind::Active ? 0600 : 0400;
        ::fchmodat(AT_FDCWD, path(file).c_str(), mode, AT_SYMLINK_NOFOLLOW);
    }
}

VolumeFile FolderStore::create_snapshot(const std::string& id, const std::string& snapshot_id) {
    auto sidecar = catalog_.get(id);
    if (sidecar.snapshots.contains(snapshot_id)) return view(sidecar);
    const auto mode = copy_mode(sidecar);
    return keep_snapshot(sidecar, snapshot_id,
                         mode == CopyMode::Freeze ? freeze(sidecar, snapshot_id) : copy_active(sidecar, snapshot_id));
}

VolumeFile FolderStore::keep_snapshot(Sidecar& sidecar, const std::string& snapshot_id, const std::string& data) {
    failpoint("volume.files.create_snapshot.file");
    sidecar.snapshots[snapshot_id] = {data, sidecar.size_gib};
    catalog_.save(sidecar);
    failpoint("volume.files.create_snapshot.saved");
    set_modes(sidecar);
    return view(sidecar);
}

VolumeFile FolderStore::delete_snapshot(const std::string& id, const std::string& snapshot_id) {
    auto found = catalog_.find(id);
    if (!found || found->deleting) return {};
    auto& sidecar = *found;
    if (sidecar.snapshots.erase(snapshot_id) > 0) {
        sidecar.prune();
        catalog_.save(sidecar);
        failpoint("volume.files.delete_snapshot.saved");
    }
    remove_orphans(id);
    failpoint("volume.files.delete_snapshot.removed");
    compact(sidecar, {});
    return view(sidecar);
}

Flattened FolderStore::flatten(const std::string& id, const Call& call) {
    auto sidecar = catalog_.get(id);
    const auto before = sidecar.layers.size();
    try {
        compact(sidecar, call);
    } catch (const Error& e) {
        if (e.code() != ErrorCode::Cancelled) throw;
    }
    return {view(sidecar), static_cast<std::int64_t>(before - sidecar.layers.size())};
}

// A connected volume is left alone: a guest may have the whole chain open. Damaged files are left alone too: that must
// not keep a snapshot or a volume from being deleted.
void FolderStore::compact(Sidecar& sidecar, const Call& call) {
    if (!sidecar.connections.empty() || is_busy(sidecar)) return;
    try {
        while (const auto file = mergeable(sidecar)) merge_into(sidecar, *file, call);
    } catch (const Error& e) {
        if (e.code() != ErrorCode::Corrupt) throw;
        log::error("layers are not merged", {{"volume", sidecar.id}, {"error", e.what()}, {"detail", e.detail()}});
    }
}

std::optional<std::string> FolderStore::mergeable(const Sidecar& sidecar) const {
    for (const auto& [file, layer] : sidecar.layers) {
        if (is_mergeable(sidecar, layer)) return file;
    }
    return std::nullopt;
}

// A frozen layer that is no snapshot's data, with one layer above, both of no other volume's concern.
bool FolderStore::is_mergeable(const Sidecar& sidecar, const Layer& layer) const {
    if (layer.kind != Layer::Kind::Frozen || sidecar.is_snapshot_data(layer.file)) return false;
    const auto above = sidecar.children(layer.file);
    return above.size() == 1 && !catalog_.is_needed(layer.file, sidecar.id) &&
           !catalog_.is_needed(above[0], sidecar.id);
}

// Merges the layer above into this one, which takes its place. Until the sidecar is saved the chain reads the same at
// every instant: the upper layer hides whatever was merged already, and a layer re-pointed past it finds the same data
// below. Every step may be repeated.
void FolderStore::merge_into(Sidecar& sidecar, const std::string& file, const Call& call) {
    const auto upper = sidecar.layer(sidecar.children(file).at(0));
    const auto lower = sidecar.layer(file);
    const auto key = key_of(sidecar);
    sidecar.check_files(catalog_.folder(), upper.file);
    ::chmod(path(file).c_str(), 0600);
    disk::grow(path(file), lower.format, disk::virtual_size(path(upper.file), upper.format), key);
    disk::commit(path(upper.file), call.cancelled, key);
    failpoint("volume.files.merge.committed");
    for (const auto& child : sidecar.children(upper.file)) {
        ::chmod(path(child).c_str(), 0600);
        disk::rebase_unsafe(path(child), {file, lower.format}, key);
        sidecar.layers[child].backing = file;
    }
    failpoint("volume.files.merge.rebased");
    for (auto* all : {&sidecar.snapshots, &sidecar.unmanaged}) {
        for (auto& [name, data] : *all) {
            if (data.file == upper.file) data.file = file;
        }
    }
    if (sidecar.active == upper.file) sidecar.active = file;
    sidecar.layers.erase(upper.file);
    sidecar.prune();
    catalog_.save(sidecar);
    failpoint("volume.files.merge.saved");
    set_modes(sidecar);
    remove_unneeded({upper.file});
}

}  // namespace virga::volume::host::files
