// FolderStore: giving a volume another content. A new active file takes the place of the old one in one step, so that
// the volume has the old content or the new one, and never a byte of the old one beneath the new.
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "disk/file.hpp"
#include "volume/host/drivers/files/folder_store.hpp"

namespace virga::volume::host::files {

void FolderStore::refuse_connected(const Sidecar& sidecar) const {
    if (is_busy(sidecar)) throw busy(sidecar.id);
    if (sidecar.connections.empty()) return;
    throw Error(ErrorCode::Conflict, "Volume " + sidecar.id + " is connected to a host; its content can't be replaced.",
                "host " + *sidecar.connections.begin(), sidecar.id);
}

VolumeFile FolderStore::put_in_place(Sidecar& sidecar, const Layer& layer) {
    const auto old = sidecar.active;
    sidecar.layers[layer.file] = layer;
    sidecar.active = layer.file;
    sidecar.prune();
    failpoint("volume.files.rewrite.file");
    catalog_.save(sidecar);
    failpoint("volume.files.rewrite.saved");
    set_modes(sidecar);
    remove_unneeded({old});
    remove_orphans(sidecar.id);
    return view(sidecar);
}

VolumeFile FolderStore::revert(const std::string& id, const std::string& snapshot_id, const Call& call) {
    auto sidecar = catalog_.get(id);
    const auto found = sidecar.snapshots.find(snapshot_id);
    if (found == sidecar.snapshots.end())
        throw Error(ErrorCode::NotFound, "Snapshot " + snapshot_id + " is not on this backend.", {}, snapshot_id);
    refuse_connected(sidecar);
    const auto data = sidecar.layer(found->second.file);
    sidecar.check_files(catalog_.folder(), data.file);
    const auto active = sidecar.active_layer();
    const bool nothing_written = active.backing == data.file && disk::qcow2_is_empty(path(active.file));
    if (nothing_written) return view(sidecar);
    Layer layer{free_name(sidecar, "revert"), data.format, data.backing, Layer::Kind::Active};
    if (reflink_) {
        copy_file(data.file, layer.file, call);
        disk::grow(path(layer.file), layer.format, sidecar.size_gib * disk::kGiB, key_of(sidecar));
    } else {
        layer.format = "qcow2";
        layer.backing = data.file;
        disk::create_qcow2(path(layer.file), sidecar.size_gib * disk::kGiB, disk::Backing{data.file, data.format},
                           key_of(sidecar));
    }
    return put_in_place(sidecar, layer);
}

Created FolderStore::reimage(const std::string& id, const ImageSource& image, const Call& call) {
    auto sidecar = catalog_.get(id);
    refuse_connected(sidecar);
    const auto key = key_of(sidecar);
    const auto base = bases_.get(image, sidecar.size_gib * disk::kGiB, call);
    Created result;
    const auto active = sidecar.active_layer();
    const bool done = active.backing == base->file() && disk::qcow2_is_empty(path(active.file));
    if (done) return {view(sidecar), 0, true, base->virtual_size_bytes};
    const auto layer = layer_on_base(free_name(sidecar, "image"), sidecar.size_gib, *base, key, call, result);
    if (layer.backing == base->file()) sidecar.layers[layer.backing] = {layer.backing, "raw", {}, Layer::Kind::Base};
    sidecar.image_virtual_bytes = base->virtual_size_bytes;
    result.file = put_in_place(sidecar, layer);
    result.copied_bytes += base->copied_bytes;
    result.base_hit = base->hit;
    result.virtual_size_bytes = base->virtual_size_bytes;
    return result;
}

}  // namespace virga::volume::host::files
