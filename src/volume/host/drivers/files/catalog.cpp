#include "volume/host/drivers/files/catalog.hpp"

#include <filesystem>

#include "base/error.hpp"
#include "base/log.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"

namespace virga::volume::host::files {

Catalog::Catalog(std::string folder) : folder_(std::move(folder)) {
    load();
}

void Catalog::load() {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
        const auto file = entry.path().filename().string();
        if (!file.starts_with("volume-") || !file.ends_with(".json")) continue;
        try {
            auto sidecar = Sidecar::from_text(disk::read_file(entry.path().string()));
            if (sidecar_file(sidecar.id) != file) throw Error(ErrorCode::Corrupt, "the id is another one");
            volumes_.emplace(sidecar.id, std::move(sidecar));
        } catch (const std::exception& e) {
            unreadable_.insert(file.substr(7, file.size() - 12));
            log::error("the record of a volume can't be read", {{"file", file}, {"error", e.what()}});
        }
    }
}

std::optional<Sidecar> Catalog::find(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    if (unreadable_.contains(id))
        throw Error(ErrorCode::Corrupt, "The record of volume " + id + " is damaged; it can only be deleted.", {}, id);
    const auto found = volumes_.find(id);
    if (found == volumes_.end()) return std::nullopt;
    return found->second;
}

Sidecar Catalog::get(const std::string& id) const {
    auto found = find(id);
    if (!found || found->deleting)
        throw Error(ErrorCode::NotFound, "Volume " + id + " is not on this backend.", {}, id);
    return *found;
}

std::vector<Sidecar> Catalog::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<Sidecar> result;
    result.reserve(volumes_.size());
    for (const auto& [id, sidecar] : volumes_) result.push_back(sidecar);
    return result;
}

std::int64_t Catalog::size_gib() const {
    const std::lock_guard lock(mutex_);
    std::int64_t sum = 0;
    for (const auto& [id, sidecar] : volumes_) sum += sidecar.size_gib;
    return sum;
}

void Catalog::save(const Sidecar& sidecar) {
    disk::write_file_atomically(path(sidecar_file(sidecar.id)), sidecar.to_text());
    const std::lock_guard lock(mutex_);
    volumes_[sidecar.id] = sidecar;
}

void Catalog::erase(const std::string& id) {
    disk::remove_file(path(sidecar_file(id)));
    disk::sync_folder(folder_);
    const std::lock_guard lock(mutex_);
    volumes_.erase(id);
    unreadable_.erase(id);
}

std::set<std::string> Catalog::unreadable() const {
    const std::lock_guard lock(mutex_);
    return unreadable_;
}

std::set<std::string> Catalog::needed() const {
    const std::lock_guard lock(mutex_);
    std::set<std::string> files;
    for (const auto& [id, sidecar] : volumes_) {
        if (sidecar.deleting) continue;
        for (const auto& [file, layer] : sidecar.layers) files.insert(file);
    }
    return files;
}

bool Catalog::is_needed(const std::string& file, const std::string& but) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, sidecar] : volumes_) {
        if (id != but && !sidecar.deleting && sidecar.layers.contains(file)) return true;
    }
    return false;
}

}  // namespace virga::volume::host::files
