#include "volume/host/drivers/fake/fake_driver.hpp"

#include <unistd.h>

#include <filesystem>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/scope_exit.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "disk/remote_image.hpp"
#include "image/format/inspector.hpp"

namespace virga::volume::host::fake {
namespace {

std::string made(std::string folder) {
    std::filesystem::create_directories(folder);
    return folder;
}

Error too_small(const std::string& source) {
    return Error(ErrorCode::InvalidInput, "The volume must have at least the size of its source " + source + ".");
}

}  // namespace

FakeDriver::FakeDriver(std::string folder) : folder_(made(std::move(folder))), script_(folder_) {
    load();
}

Capabilities FakeDriver::capabilities() const {
    Capabilities result;
    result.stores_data = false;
    result.online_snapshot = true;
    result.encryption = true;
    return result;
}

void FakeDriver::load() {
    const auto path = folder_ + "/volumes.json";
    if (!disk::exists(path)) return;
    const auto all = parse_object(disk::read_file(path));
    for (const auto& image : get_array(all, "images")) images_.insert(std::string(image.as_string()));
    for (const auto& [id, value] : get_object(all, "volumes")) {
        const auto& o = value.as_object();
        auto& volume = volumes_[std::string(id)];
        volume.size_gib = get_int(o, "size_gib");
        volume.encryption = get_string(o, "encryption");
        for (const auto& [snapshot, size] : get_object(o, "snapshots"))
            volume.snapshots[std::string(snapshot)] = size.as_int64();
        for (const auto& host : get_array(o, "connections")) volume.connections.insert(std::string(host.as_string()));
    }
}

void FakeDriver::save() const {
    json::object volumes;
    for (const auto& [id, volume] : volumes_) {
        json::object snapshots;
        for (const auto& [snapshot, size] : volume.snapshots) snapshots[snapshot] = size;
        json::array hosts;
        for (const auto& host : volume.connections) hosts.emplace_back(host);
        volumes[id] = json::object{{"size_gib", volume.size_gib},
                                   {"encryption", volume.encryption},
                                   {"snapshots", snapshots},
                                   {"connections", hosts}};
    }
    json::array images;
    for (const auto& image : images_) images.emplace_back(image);
    const json::object all{{"volumes", volumes}, {"images", images}};
    disk::write_file_atomically(folder_ + "/volumes.json", json::serialize(all));
}

VolumeFile FakeDriver::view(const std::string& id, const Volume& volume) const {
    const bool encrypted = !volume.encryption.empty();
    return {folder_ + "/volume-" + id, encrypted ? "qcow2" : "raw", volume.size_gib, volume.encryption};
}

FakeDriver::Volume& FakeDriver::get(const std::string& id) {
    const auto found = volumes_.find(id);
    if (found == volumes_.end()) throw Error(ErrorCode::NotFound, "Volume " + id + " is not on this backend.", {}, id);
    return found->second;
}

VolumeFile FakeDriver::add(const std::string& id, std::int64_t size_gib) {
    const auto [place, added] = volumes_.try_emplace(id);
    if (added) {
        place->second.size_gib = size_gib;
        place->second.encryption = keys().find(id).empty() ? "" : kLuks;
        save();
    }
    return view(id, place->second);
}

VolumeFile FakeDriver::create(const std::string& id, std::int64_t size_gib) {
    VolumeFile result;
    script_.run("create", id, {}, [&] {
        const std::lock_guard lock(mutex_);
        result = add(id, size_gib);
    });
    return result;
}

Created FakeDriver::look_at(const ImageSource& image, std::int64_t size_gib, const Call& call) {
    std::optional<disk::RemoteCopy> copy;
    if (!image.remote.empty())
        copy.emplace(image, folder_ + "/" + new_uuid() + ".download", disk::Progress{}, call.cancelled);
    const auto found = image::inspect_file(copy ? copy->path() : image.path);
    image::check_declared(image.disk_format, found);
    Created result;
    result.virtual_size_bytes = found.virtual_size_bytes.value_or(0);
    if (result.virtual_size_bytes > size_gib * disk::kGiB)
        throw Error(ErrorCode::InvalidInput, "The image's virtual size is larger than the volume.");
    if (call.cancelled && call.cancelled()) throw Error(ErrorCode::Cancelled, "creating was cancelled");
    if (call.progress) call.progress(result.virtual_size_bytes, result.virtual_size_bytes);
    const std::lock_guard lock(mutex_);
    result.base_hit = !images_.insert(image.image_id).second;
    result.copied_bytes = result.base_hit ? 0 : result.virtual_size_bytes;
    return result;
}

Created FakeDriver::create_from_image(const std::string& id, std::int64_t size_gib, const ImageSource& image,
                                      const Call& call) {
    Created result;
    script_.run("create_from_image", id, call.cancelled, [&] {
        result = look_at(image, size_gib, call);
        const std::lock_guard lock(mutex_);
        result.file = add(id, size_gib);
    });
    return result;
}

Created FakeDriver::reimage(const std::string& id, const ImageSource& image, const Call& call) {
    Created result;
    script_.run("reimage", id, call.cancelled, [&] {
        const auto file = connectable(id);
        result = look_at(image, file.size_gib, call);
        result.file = file;
    });
    return result;
}

VolumeFile FakeDriver::revert(const std::string& id, const std::string& snapshot_id, const Call& call) {
    VolumeFile result;
    script_.run("revert", id, call.cancelled, [&] {
        result = connectable(id);
        const std::lock_guard lock(mutex_);
        if (!get(id).snapshots.contains(snapshot_id))
            throw Error(ErrorCode::NotFound, "Snapshot " + snapshot_id + " is not on this backend.", {}, snapshot_id);
    });
    return result;
}

VolumeFile FakeDriver::connectable(const std::string& id) {
    const std::lock_guard lock(mutex_);
    const auto& volume = get(id);
    if (!volume.connections.empty())
        throw Error(ErrorCode::Conflict, "Volume " + id + " is connected to a host.",
                    "host " + *volume.connections.begin(), id);
    return view(id, volume);
}

Created FakeDriver::create_from_snapshot(const std::string& id, std::int64_t size_gib, const std::string& source_id,
                                         const std::string& snapshot_id, const Call& call) {
    Created result;
    script_.run("create_from_snapshot", id, call.cancelled, [&] {
        const std::lock_guard lock(mutex_);
        const auto& source = get(source_id);
        const auto found = source.snapshots.find(snapshot_id);
        if (found == source.snapshots.end())
            throw Error(ErrorCode::NotFound, "Snapshot " + snapshot_id + " is not on this backend.", {}, snapshot_id);
        if (size_gib < found->second) throw too_small(snapshot_id);
        result.file = add(id, size_gib);
    });
    return result;
}

Created FakeDriver::clone(const std::string& id, std::int64_t size_gib, const std::string& source_id,
                          const Call& call) {
    Created result;
    script_.run("clone", id, call.cancelled, [&] {
        const std::lock_guard lock(mutex_);
        if (size_gib < get(source_id).size_gib) throw too_small(source_id);
        result.file = add(id, size_gib);
    });
    return result;
}

Created FakeDriver::create_from_disk(const std::string& id, std::int64_t size_gib, const VolumeFile&,
                                     const Call& call) {
    Created result;
    script_.run("create_from_disk", id, call.cancelled, [&] {
        const std::lock_guard lock(mutex_);
        result.file = add(id, size_gib);
    });
    return result;
}

std::vector<std::string> FakeDriver::remove(const std::string& id) {
    script_.run("remove", id, {}, [&] {
        const std::lock_guard lock(mutex_);
        const auto found = volumes_.find(id);
        if (found == volumes_.end()) return;
        if (!found->second.snapshots.empty())
            throw Error(ErrorCode::Conflict, "Volume " + id + " still has snapshots; delete them first.", {}, id);
        volumes_.erase(found);
        save();
    });
    return {};
}

Flattened FakeDriver::flatten(const std::string& id, const Call& call) {
    Flattened result;
    script_.run("flatten", id, call.cancelled, [&] {
        const std::lock_guard lock(mutex_);
        result.file = view(id, get(id));
    });
    return result;
}

VolumeFile FakeDriver::extend(const std::string& id, std::int64_t size_gib) {
    VolumeFile result;
    script_.run("extend", id, {}, [&] {
        const std::lock_guard lock(mutex_);
        auto& volume = get(id);
        if (size_gib > volume.size_gib) {
            volume.size_gib = size_gib;
            save();
        }
        result = view(id, volume);
    });
    return result;
}

VolumeFile FakeDriver::create_snapshot(const std::string& id, const std::string& snapshot_id) {
    VolumeFile result;
    script_.run("create_snapshot", id, {}, [&] {
        const std::lock_guard lock(mutex_);
        auto& volume = get(id);
        if (volume.snapshots.emplace(snapshot_id, volume.size_gib).second) save();
        result = view(id, volume);
    });
    return result;
}

VolumeFile FakeDriver::finish_merge(const std::string& id, const LayerMerge&) {
    const std::lock_guard lock(mutex_);
    return view(id, get(id));
}

VolumeFile FakeDriver::delete_snapshot(const std::string& id, const std::string& snapshot_id) {
    VolumeFile result;
    script_.run("delete_snapshot", id, {}, [&] {
        const std::lock_guard lock(mutex_);
        const auto found = volumes_.find(id);
        if (found == volumes_.end()) return;
        if (found->second.snapshots.erase(snapshot_id) > 0) save();
        result = view(id, found->second);
    });
    return result;
}

/// Reads as zeros, as every volume without data.
void FakeDriver::read(const std::string& id, const std::function<void(const VolumeFile&)>& use) {
    script_.run("read", id, {}, [&] {
        VolumeFile file;
        {
            const std::lock_guard lock(mutex_);
            file = view(id, get(id));
        }
        file.path += ".read.tmp";
        file.format = "raw";
        file.encryption.clear();
        const ScopeExit cleanup([&] { ::unlink(file.path.c_str()); });
        disk::create_raw(file.path, file.size_gib * disk::kGiB);
        use(file);
    });
}

json::object FakeDriver::initialize_connection(const std::string& id, const std::string& connector_host) {
    json::object result;
    script_.run("initialize_connection", id, {}, [&] {
        const std::lock_guard lock(mutex_);
        auto& volume = get(id);
        if (volume.connections.insert(connector_host).second) save();
        result = {{"driver_volume_type", "fake"}, {"data", view(id, volume).to_json()}};
    });
    return result;
}

void FakeDriver::terminate_connection(const std::string& id, const std::string& connector_host) {
    script_.run("terminate_connection", id, {}, [&] {
        const std::lock_guard lock(mutex_);
        const auto found = volumes_.find(id);
        if (found != volumes_.end() && found->second.connections.erase(connector_host) > 0) save();
    });
}

Inventory FakeDriver::inventory() {
    const std::lock_guard lock(mutex_);
    Inventory result;
    result.total_bytes = 1'000'000 * disk::kGiB;
    for (const auto& [id, volume] : volumes_) {
        result.volumes.push_back(id);
        if (!volume.connections.empty())
            result.connections[id] = {volume.connections.begin(), volume.connections.end()};
        result.allocated_gib += volume.size_gib;
        for (const auto& [snapshot, size] : volume.snapshots) result.snapshots.push_back(snapshot);
    }
    result.free_bytes = result.total_bytes - result.allocated_gib * disk::kGiB;
    return result;
}

}  // namespace virga::volume::host::fake
