#include "volume/host/drivers/files/folder_store.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/own_folder.hpp"
#include "disk/file.hpp"
#include "disk/reserve.hpp"
#include "volume/host/drivers/files/in_use.hpp"

namespace virga::volume::host::files {
namespace {

std::string made(const std::string& folder) {
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (failure) throw_errno(ErrorCode::Unavailable, "make folder " + folder, failure.value());
    if (!is_of_others(folder, kOwnFolders)) ::chmod(folder.c_str(), 0711);
    return folder;
}

bool is_temporary(const std::string& name) {
    return name.ends_with(".part") || name.find(".tmp") != std::string::npos || name.starts_with(".reflink-probe");
}

}  // namespace

FolderStore::FolderStore(const Options& options)
    : options_(options),
      ring_(options.keys != nullptr ? *options.keys : keys()),
      reflink_(disk::reflink_works(made(options.folder))),
      catalog_(options.folder),
      bases_(catalog_, options.cache) {
    std::filesystem::create_directories(path(kManageFolder));
}

Capabilities FolderStore::capabilities() const {
    Capabilities result;
    result.online_snapshot = reflink_;
    result.manage = true;
    result.encryption = true;
    return result;
}

VolumeFile FolderStore::view(const Sidecar& sidecar) const {
    return {path(sidecar.active), sidecar.active_layer().format, sidecar.size_gib, sidecar.encryption};
}

std::string FolderStore::encryption_of(const std::string& id) const {
    return ring_.find(id).empty() ? "" : kLuks;
}

Secret FolderStore::key_of(const Sidecar& sidecar) const {
    if (sidecar.encryption.empty()) return {};
    auto key = ring_.find(sidecar.id);
    if (!key.empty()) return key;
    throw Error(ErrorCode::InvalidInput, "Volume " + sidecar.id + " is encrypted, and its key was not given.", {},
                sidecar.id);
}

VolumeFile FolderStore::extend(const std::string& id, std::int64_t size_gib) {
    auto sidecar = catalog_.get(id);
    if (size_gib <= sidecar.size_gib) return view(sidecar);
    sidecar.check_files(catalog_.folder(), sidecar.active);
    // The file first: a volume whose record is too small is repaired by the repeat, one that is shorter than its record
    // would give a guest errors.
    disk::grow(path(sidecar.active), sidecar.active_layer().format, size_gib * disk::kGiB, key_of(sidecar));
    failpoint("volume.files.extend.grown");
    sidecar.size_gib = size_gib;
    catalog_.save(sidecar);
    failpoint("volume.files.extend.saved");
    return view(sidecar);
}

json::object FolderStore::initialize_connection(const std::string& id, const std::string& connector_host) {
    auto sidecar = catalog_.get(id);
    sidecar.check_files(catalog_.folder(), sidecar.active);
    if (sidecar.connections.insert(connector_host).second) catalog_.save(sidecar);
    failpoint("volume.files.initialize_connection.saved");
    return {{"driver_volume_type", name()}, {"data", view(sidecar).to_json()}};
}

void FolderStore::terminate_connection(const std::string& id, const std::string& connector_host) {
    auto sidecar = catalog_.find(id);
    if (!sidecar || sidecar->connections.erase(connector_host) == 0) return;
    catalog_.save(*sidecar);
    failpoint("volume.files.terminate_connection.saved");
}

std::optional<std::int64_t> FolderStore::created_us(const std::string& id) const {
    if (catalog_.unreadable().contains(id)) return 0;
    const auto found = catalog_.find(id);
    if (!found) return std::nullopt;
    return found->created_us;
}

Usage FolderStore::usage() const {
    struct statvfs info {};
    if (::statvfs(options_.folder.c_str(), &info) != 0) throw_errno(ErrorCode::Internal, "statvfs of volumes", errno);
    const auto total = static_cast<std::int64_t>(info.f_blocks) * static_cast<std::int64_t>(info.f_frsize);
    return {total, disk::usable_bytes(options_.folder), catalog_.size_gib()};
}

Inventory FolderStore::inventory() {
    const auto used = usage();
    Inventory result;
    result.total_bytes = used.total_bytes;
    result.free_bytes = used.free_bytes;
    result.allocated_gib = used.allocated_gib;
    for (const auto& id : catalog_.unreadable())
        result.incomplete.push_back("the record of volume " + id + " in " + options_.folder + " is damaged");
    std::set<std::string> hidden;
    std::set<std::string> seen;
    for (const auto& sidecar : catalog_.all()) {
        result.volumes.push_back(sidecar.id);
        if (!sidecar.connections.empty())
            result.connections[sidecar.id] = {sidecar.connections.begin(), sidecar.connections.end()};
        for (const auto& [snapshot, data] : sidecar.snapshots) result.snapshots.push_back(snapshot);
        for (const auto& [file, layer] : sidecar.layers) {
            const bool own =
                layer.kind != Layer::Kind::Base && (file == sidecar.active || sidecar.is_snapshot_data(file));
            (own ? seen : hidden).insert(file);
        }
    }
    for (const auto& base : bases_.files()) hidden.insert(base);
    std::set_difference(hidden.begin(), hidden.end(), seen.begin(), seen.end(), std::back_inserter(result.hidden));
    return result;
}

void FolderStore::recover() {
    for (const auto& entry : std::filesystem::directory_iterator(options_.folder)) {
        if (is_temporary(entry.path().filename().string())) disk::remove_file(entry.path().string());
    }
    for (const auto& sidecar : catalog_.all()) {
        if (sidecar.deleting) remove(sidecar.id);
    }
    bases_.recover();
    const auto needed = catalog_.needed();
    for (const auto& file : needed) {
        if (!disk::exists(path(file))) log::error("a file of a volume is missing", {{"file", file}});
    }
    if (!catalog_.is_complete()) return;  // an unreadable sidecar may name any of the rest
    for (const auto& entry : std::filesystem::directory_iterator(options_.folder)) {
        const auto file = entry.path().filename().string();
        const bool ours = file.starts_with("volume-") && !file.ends_with(".json");
        if (ours && !needed.contains(file)) disk::remove_file(entry.path().string());
    }
}

}  // namespace virga::volume::host::files
