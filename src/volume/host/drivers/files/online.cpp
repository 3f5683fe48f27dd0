// FolderStore: what is done to volumes that guests have open, together with the guests' hypervisor.
#include <sys/stat.h>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "disk/file.hpp"
#include "volume/host/drivers/files/folder_store.hpp"
#include "volume/host/drivers/files/in_use.hpp"

namespace virga::volume::host::files {
VolumeFile FolderStore::create_snapshot_online(const std::string& id, const std::string& snapshot_id) {
    auto sidecar = catalog_.get(id);
    if (sidecar.snapshots.contains(snapshot_id)) return view(sidecar);
    return keep_snapshot(sidecar, snapshot_id,
                         reflink_ ? copy_active(sidecar, snapshot_id) : freeze_online(sidecar, snapshot_id));
}

std::string FolderStore::freeze_online(Sidecar& sidecar, const std::string& tag) {
    constexpr std::size_t kMaxChain = 48;  // hypervisors give up at some length
    if (sidecar.chain(sidecar.active).size() >= kMaxChain)
        throw Error(
            ErrorCode::Conflict,
            "Volume " + sidecar.id + " has too many layers; delete snapshots of it, or detach it, and try again.", {},
            sidecar.id);
    // An overlay that the guest is still to be moved on to: it will be the end of this snapshot, too.
    const auto& active = sidecar.active_layer();
    const bool pending = !active.backing.empty() && !is_busy(sidecar) && disk::qcow2_is_empty(path(active.file));
    return pending ? active.backing : put_overlay(sidecar, tag);
}

LayerMerge FolderStore::next_merge(const std::string& id) {
    const auto sidecar = catalog_.get(id);
    const auto chain = sidecar.chain(sidecar.active);
    for (std::size_t i = chain.size() - 1; i > 0; --i) {
        auto merge = merge_at(sidecar, chain, i);
        if (!merge.empty()) return merge;
    }
    return {};
}

LayerMerge FolderStore::next_pull(const std::string& id) const {
    const auto sidecar = catalog_.get(id);
    const auto chain = sidecar.chain(sidecar.active);
    return chain.size() > 1 ? merge_at(sidecar, chain, 1) : LayerMerge{};
}

LayerMerge FolderStore::merge_at(const Sidecar& sidecar, const std::vector<Layer>& chain, std::size_t i) const {
    const auto& lower = chain[i];
    const auto& upper = chain[i - 1];
    const bool into_active = i == 1;
    // The guest's hypervisor re-points what stands on the upper layer in the guest's own chain, nothing else.
    const bool branches = !into_active && sidecar.children(upper.file).size() != 1;
    if (branches || !is_mergeable(sidecar, lower)) return {};
    ::chmod(path(into_active ? upper.file : lower.file).c_str(), 0600);
    return {into_active, path(upper.file), path(lower.file), lower.backing.empty() ? "" : path(lower.backing)};
}

// Names in headers are relative to the folder, unless a hypervisor wrote them.
std::string FolderStore::layer_name(const std::string& name) const {
    const auto folder = path("");
    return name.starts_with(folder) ? name.substr(folder.size()) : name;
}

VolumeFile FolderStore::finish_merge(const std::string& id, const LayerMerge& merge) {
    auto sidecar = catalog_.get(id);
    const auto gone = layer_name(merge.into_active ? merge.lower : merge.upper);
    if (!is_layer_name(gone) || !gone.starts_with("volume-"))
        throw Error(ErrorCode::InvalidInput, "merge: not a layer of a volume", gone, id);
    if (sidecar.layers.contains(gone)) take_over(sidecar, merge);
    remove_unneeded({gone});
    failpoint("volume.files.finish_merge.removed");
    return view(sidecar);
}

// The header of the file that stood on the layer tells whether it still does.
void FolderStore::take_over(Sidecar& sidecar, const LayerMerge& merge) {
    const auto lower = layer_name(merge.lower);
    const auto upper = layer_name(merge.upper);
    const auto gone = merge.into_active ? lower : upper;
    const auto next = merge.into_active ? sidecar.layer(lower).backing : lower;
    for (const auto& child : sidecar.children(gone)) {
        const auto backing = disk::qcow2_backing(path(child));
        if (layer_name(backing ? backing->path : "") != next)
            throw Error(ErrorCode::Conflict, "layer " + gone + " of volume " + sidecar.id + " is still in use", {},
                        sidecar.id);
        sidecar.layers[child].backing = next;
    }
    for (auto& [snapshot, data] : sidecar.snapshots) {
        if (data.file == gone) data.file = lower;
    }
    sidecar.layers.erase(gone);
    sidecar.prune();
    catalog_.save(sidecar);
    failpoint("volume.files.finish_merge.saved");
    set_modes(sidecar);
}

}  // namespace virga::volume::host::files
