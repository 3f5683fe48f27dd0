// FolderStore: everything that makes a volume.
#include <sys/stat.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "disk/file.hpp"
#include "volume/host/drivers/files/folder_store.hpp"

namespace virga::volume::host::files {
std::optional<Sidecar> FolderStore::find_or_prepare(const std::string& id) {
    auto found = catalog_.find(id);
    if (found && !found->deleting) return found;
    if (found) remove(id);
    if (catalog_.is_needed(volume_file(id)))
        throw Error(ErrorCode::Conflict, "Volume " + id + " was deleted while others depend on it; use another id.", {},
                    id);
    remove_unneeded({volume_file(id)});
    return std::nullopt;
}

Sidecar FolderStore::fresh(const std::string& id, std::int64_t size_gib, const std::string& format,
                           const std::string& backing) const {
    Sidecar sidecar;
    sidecar.id = id;
    sidecar.size_gib = size_gib;
    sidecar.created_us = now_us();
    sidecar.active = volume_file(id);
    sidecar.encryption = encryption_of(id);
    sidecar.layers[sidecar.active] = {sidecar.active, format, backing, Layer::Kind::Active};
    return sidecar;
}

std::string FolderStore::format_of_new(const std::string& id) const {
    return encryption_of(id).empty() ? options_.format : "qcow2";
}

void FolderStore::check_same_encryption(const std::string& id, const std::string& source) const {
    if (encryption_of(id) == source) return;
    throw Error(ErrorCode::InvalidInput, "Volume " + id + " must be encrypted as its source is.", {}, id);
}

VolumeFile FolderStore::create(const std::string& id, std::int64_t size_gib) {
    if (const auto done = find_or_prepare(id)) return view(*done);
    const auto format = format_of_new(id);
    const auto sidecar = fresh(id, size_gib, format);
    const auto file = path(sidecar.active);
    if (format == "raw")
        disk::create_raw(file, size_gib * disk::kGiB);
    else
        disk::create_qcow2(file, size_gib * disk::kGiB, std::nullopt, key_of(sidecar));
    failpoint("volume.files.create.file");
    catalog_.save(sidecar);
    failpoint("volume.files.create.saved");
    return view(sidecar);
}

Created FolderStore::create_from_image(const std::string& id, std::int64_t size_gib, const ImageSource& image,
                                       const Call& call) {
    if (const auto done = find_or_prepare(id)) return {view(*done), 0, true, done->image_virtual_bytes};
    const auto base = bases_.get(image, size_gib * disk::kGiB, call);
    failpoint("volume.files.create_from_image.base");
    auto result = on_base(id, size_gib, *base, call);
    result.copied_bytes += base->copied_bytes;
    result.base_hit = base->hit;
    result.virtual_size_bytes = base->virtual_size_bytes;
    return result;
}

Layer FolderStore::layer_on_base(const std::string& file, std::int64_t size_gib, const BaseCache::Pin& base,
                                 const Secret& key, const Call& call, Created& result) const {
    const auto bytes = size_gib * disk::kGiB;
    if (!reflink_ || !key.empty()) {
        disk::create_qcow2(path(file), bytes, disk::Backing{base.file(), "raw"}, key);
        return {file, "qcow2", base.file(), Layer::Kind::Active};
    }
    result.copied_bytes = disk::copy(path(base.file()), path(file), call.progress, call.cancelled).copied_bytes;
    disk::grow(path(file), "raw", bytes);
    return {file, "raw", {}, Layer::Kind::Active};
}

// The pin keeps the base until the sidecar names it.
Created FolderStore::on_base(const std::string& id, std::int64_t size_gib, const BaseCache::Pin& base,
                             const Call& call) {
    Created result;
    const auto layer = layer_on_base(volume_file(id), size_gib, base, ring_.find(id), call, result);
    auto sidecar = fresh(id, size_gib, layer.format, layer.backing);
    if (!layer.backing.empty()) sidecar.layers[layer.backing] = {layer.backing, "raw", {}, Layer::Kind::Base};
    sidecar.image_virtual_bytes = base.virtual_size_bytes;
    failpoint("volume.files.create_from_image.file");
    catalog_.save(sidecar);
    failpoint("volume.files.create_from_image.saved");
    result.file = view(sidecar);
    return result;
}

Created FolderStore::create_from_snapshot(const std::string& id, std::int64_t size_gib, const std::string& source_id,
                                          const std::string& snapshot_id, const Call& call) {
    if (const auto done = find_or_prepare(id)) return {view(*done)};
    const auto source = catalog_.get(source_id);
    return derive(id, size_gib, source, snapshot_layer(source, snapshot_id, size_gib), !reflink_, call);
}

Created FolderStore::clone(const std::string& id, std::int64_t size_gib, const std::string& source_id,
                           const Call& call) {
    if (const auto done = find_or_prepare(id)) return {view(*done)};
    auto source = catalog_.get(source_id);
    check_clone_size(source, size_gib);
    const auto mode = copy_mode(source);
    if (mode != CopyMode::Freeze) {
        auto result = derive(id, size_gib, source, source.active_layer(), false, call);
        if (mode == CopyMode::Reflink || !is_busy(source)) return result;
        remove(id);
        throw busy(source_id);
    }
    const auto frozen = freeze(source, id);
    failpoint("volume.files.clone.overlay");
    catalog_.save(source);
    set_modes(source);
    failpoint("volume.files.clone.frozen");
    return derive(id, size_gib, source, source.layer(frozen), true, call);
}

const Layer& FolderStore::snapshot_layer(const Sidecar& source, const std::string& snapshot_id,
                                         std::int64_t size_gib) const {
    const auto found = source.snapshots.find(snapshot_id);
    if (found == source.snapshots.end())
        throw Error(ErrorCode::NotFound, "Snapshot " + snapshot_id + " is not on this backend.", {}, snapshot_id);
    if (size_gib < found->second.size_gib)
        throw Error(ErrorCode::InvalidInput, "The volume must have at least the snapshot's size of " +
                                                 std::to_string(found->second.size_gib) + " GiB.");
    return source.layer(found->second.file);
}

void FolderStore::check_clone_size(const Sidecar& source, std::int64_t size_gib) const {
    if (size_gib >= source.size_gib) return;
    throw Error(ErrorCode::InvalidInput, "The volume must have at least the source volume's size of " +
                                             std::to_string(source.size_gib) + " GiB.");
}

std::int64_t FolderStore::copy_file(const std::string& from, const std::string& to, const Call& call) {
    return disk::copy(path(from), path(to), call.progress, call.cancelled).copied_bytes;
}

Content FolderStore::snapshot_content(const std::string& id, const std::string& snapshot_id, std::int64_t size_gib) {
    const auto source = catalog_.get(id);
    return content_of(source, snapshot_layer(source, snapshot_id, size_gib));
}

Content FolderStore::quiet_content(const std::string& id, std::int64_t size_gib) {
    const auto source = catalog_.get(id);
    check_clone_size(source, size_gib);
    if (is_busy(source)) throw busy(id);
    return content_of(source, source.active_layer());
}

Content FolderStore::content_of(const Sidecar& source, const Layer& layer) const {
    source.check_files(catalog_.folder(), layer.file);
    return {path(layer.file), layer.format, source.encryption};
}

Created FolderStore::create_from_content(const std::string& id, std::int64_t size_gib, const Content& content,
                                         const Call& call) {
    if (const auto done = find_or_prepare(id)) return {view(*done)};
    check_same_encryption(id, content.encryption);
    const auto format = format_of_new(id);
    const auto sidecar = fresh(id, size_gib, format);
    const auto key = key_of(sidecar);
    const auto file = path(sidecar.active);
    Created result;
    result.copied_bytes =
        disk::convert(content.path, content.format, file, format, call.progress, call.cancelled, key).copied_bytes;
    disk::grow(file, format, size_gib * disk::kGiB, key);
    failpoint("volume.files.create_from_content.file");
    catalog_.save(sidecar);
    failpoint("volume.files.create_from_content.saved");
    result.file = view(sidecar);
    return result;
}

Created FolderStore::create_from_disk(const std::string& id, std::int64_t size_gib, const VolumeFile& disk,
                                      const Call& call) {
    return create_from_content(id, size_gib, {disk.path, disk.format, disk.encryption}, call);
}

Created FolderStore::derive(const std::string& id, std::int64_t size_gib, const Sidecar& source, const Layer& layer,
                            bool overlay, const Call& call) {
    check_same_encryption(id, source.encryption);
    source.check_files(catalog_.folder(), layer.file);
    const auto bytes = size_gib * disk::kGiB;
    const auto file = path(volume_file(id));
    auto sidecar = fresh(id, size_gib, overlay ? "qcow2" : layer.format, overlay ? layer.file : layer.backing);
    for (auto& one : source.chain(layer.file)) sidecar.layers.emplace(one.file, one);
    Created result;
    if (overlay) {
        disk::create_qcow2(file, bytes, disk::Backing{layer.file, layer.format}, key_of(sidecar));
    } else {
        result.copied_bytes = copy_file(layer.file, volume_file(id), call);
        disk::grow(file, layer.format, bytes, key_of(sidecar));
    }
    failpoint("volume.files.derive.file");
    sidecar.prune();
    catalog_.save(sidecar);
    failpoint("volume.files.derive.saved");
    result.file = view(sidecar);
    return result;
}

}  // namespace virga::volume::host::files
