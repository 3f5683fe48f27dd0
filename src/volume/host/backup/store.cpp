#include "volume/host/backup/store.hpp"

#include <filesystem>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/ids.hpp"
#include "base/scope_exit.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "volume/host/backup/restoring.hpp"
#include "volume/host/backup/saving.hpp"

namespace virga::volume::host::backup {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPart = ".part";

void make_folder(const std::string& path) {
    std::error_code failure;
    fs::create_directories(path, failure);
    if (!failure) fs::permissions(path, fs::perms::owner_all, failure);
    if (failure) throw_errno(ErrorCode::Internal, "make " + path, failure.value());
}

void remove_folder(const std::string& path) {
    std::error_code failure;
    fs::remove_all(path, failure);
    if (failure) throw_errno(ErrorCode::Internal, "remove " + path, failure.value());
}

Header header_of(const NewBackup& backup, const ManifestReader* parent, std::int64_t size_bytes) {
    Header header{backup.id, backup.parent,       backup.volume_id, size_bytes, kChunkBytes,
                  {},        !backup.key.empty(), backup.volume};
    if (parent != nullptr) header.owners = parent->header().owners;
    header.owners.push_back(backup.id);
    return header;
}

}  // namespace

Result Store::create(const NewBackup& backup, VolumeDisk& disk, const Call& call) {
    if (disk::exists(manifest(backup.id))) return describe(backup.id);
    std::optional<ManifestReader> parent;
    if (!backup.parent.empty()) parent.emplace(manifest(backup.parent));
    if (parent && parent->header().chunk_bytes != kChunkBytes)
        throw Error(ErrorCode::NotSupported, "The parent has chunks of another size: make a full backup.");
    if (parent && parent->header().encrypted == backup.key.empty())
        throw Error(ErrorCode::InvalidInput, "The parent is not encrypted as the volume is: make a full backup.");
    const auto folder = part(backup.id);
    remove_folder(folder);
    make_folder(folder);
    ScopeExit cleanup([&] {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    });
    failpoint("volume.backup.create.begun");
    Result result;
    result.header = header_of(backup, parent ? &*parent : nullptr, disk.size());
    const auto saved = save(folder, result.header, parent ? &*parent : nullptr, disk, ChunkCipher(backup.key), call);
    result.totals = saved.totals;
    result.read_bytes = saved.read_bytes;
    failpoint("volume.backup.create.saved");
    disk::sync_folder(folder);
    disk::rename_durably(folder, path(backup.id));
    cleanup.dismiss();
    failpoint("volume.backup.create.renamed");
    return result;
}

Result Store::describe(const std::string& id) const {
    const ManifestReader reader(manifest(id));
    for (const auto& owner : reader.header().owners) {
        if (!disk::exists(path(owner) + "/data"))
            throw Error(ErrorCode::Corrupt,
                        "Backup " + id + " needs the data of backup " + owner + ", which is missing.");
    }
    return {reader.header(), reader.totals(), 0};
}

std::int64_t Store::restore(const std::string& id, VolumeDisk& disk, const Call& call, const Secret& key) {
    ManifestReader reader(manifest(id));
    if (reader.header().encrypted == key.empty())
        throw Error(ErrorCode::InvalidInput, key.empty() ? "Backup " + id + " is encrypted, and its key was not given."
                                                         : "Backup " + id + " is not encrypted, but a key was given.");
    if (disk.size() < reader.header().size_bytes)
        throw Error(ErrorCode::InvalidInput, "The volume is smaller than the backup, which has " +
                                                 std::to_string(reader.header().size_bytes / disk::kGiB) + " GiB.");
    std::vector<disk::File> owners;
    for (const auto& owner : reader.header().owners) {
        const auto data = path(owner) + "/data";
        if (!disk::exists(data))
            throw Error(ErrorCode::Corrupt,
                        "Backup " + id + " needs the data of backup " + owner + ", which is missing.");
        owners.push_back(disk::File::open_for_reading(data));
    }
    failpoint("volume.backup.restore.begun");
    const auto written = write_chunks(reader, owners, ChunkCipher(key), disk, call);
    failpoint("volume.backup.restore.written");
    disk.sync();
    failpoint("volume.backup.restore.synced");
    return written;
}

// First it stops being a backup, in one step; then it goes.
void Store::remove(const std::string& id) {
    const auto held = removing_.lock({id}, {});
    if (disk::exists(path(id))) {
        remove_folder(part(id));
        disk::rename_durably(path(id), part(id));
    }
    failpoint("volume.backup.remove.renamed");
    remove_folder(part(id));
}

Store::Inventory Store::inventory() const {
    Inventory found;
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(folder_, failure)) {
        auto name = entry.path().filename().string();
        const bool partial = name.ends_with(kPart);
        if (partial) name.resize(name.size() - kPart.size());
        if (!is_uuid_like(name)) continue;
        (partial ? found.partial : found.backups).push_back(name);
    }
    return found;
}

}  // namespace virga::volume::host::backup
