// FolderStore: taking over files that somebody put into the folder `manage`, and letting go of volumes into it.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "disk/file.hpp"
#include "image/format/inspector.hpp"
#include "image/format/tables.hpp"
#include "volume/host/drivers/files/folder_store.hpp"

namespace virga::volume::host::files {
namespace {

bool is_plain_name(const std::string& name) {
    const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; };
    return !name.empty() && name.size() <= 200 && name.front() != '.' && std::all_of(name.begin(), name.end(), allowed);
}

/// A guest may have written anything into a raw disk, so only who names the file says what it is.
std::string format_of(const std::string& name, const std::string& declared) {
    if (!declared.empty()) return declared;
    return name.ends_with(".qcow2") ? "qcow2" : "raw";
}

/// Neither a symbolic link nor a device, and no file that has another name, such as one of another volume.
void check_plain_file(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode))
        throw Error(ErrorCode::NotFound, "there is no such plain file in the folder of unmanaged volumes");
    if (info.st_nlink > 1) throw Error(ErrorCode::InvalidInput, "the file has another name: it may be in use");
}

std::int64_t checked_size(const std::string& path, const std::string& format) {
    if (format == "raw") return disk::File::open_for_reading(path).size();
    const auto found = image::inspect_file(path);
    if (found.format != "qcow2") throw Error(ErrorCode::InvalidInput, "the content is " + found.format + ", not qcow2");
    image::check_tables(path, found.format);
    return disk::virtual_size(path, "qcow2");
}

bool is_same_file(const std::string& a, const std::string& b) {
    struct stat one {};
    struct stat other {};
    return ::lstat(a.c_str(), &one) == 0 && ::lstat(b.c_str(), &other) == 0 && one.st_ino == other.st_ino &&
           one.st_dev == other.st_dev;
}

void link_file(const std::string& from, const std::string& to) {
    if (::link(from.c_str(), to.c_str()) == 0 || (errno == EEXIST && is_same_file(from, to))) return;
    if (errno != EEXIST) throw_errno(ErrorCode::Internal, "link " + to, errno);
    disk::remove_file(to);
    if (::link(from.c_str(), to.c_str()) != 0) throw_errno(ErrorCode::Internal, "link " + to, errno);
}

std::int64_t gib_of(std::int64_t bytes) {
    return (bytes + disk::kGiB - 1) / disk::kGiB;
}

}  // namespace

std::vector<Manageable> FolderStore::manageable() {
    std::vector<Manageable> result;
    for (const auto& entry : std::filesystem::directory_iterator(path(kManageFolder))) {
        Manageable one{entry.path().filename().string()};
        if (!is_plain_name(one.name) || one.name.ends_with(".part")) continue;
        try {
            check_plain_file(entry.path().string());
            one.size_gib = gib_of(checked_size(entry.path().string(), format_of(one.name, {})));
            if (one.size_gib == 0) one.reason = "the file is empty";
        } catch (const Error& e) {
            one.reason = e.message();
        }
        result.push_back(std::move(one));
    }
    for (const auto& sidecar : catalog_.all()) {
        for (const auto& [name, data] : sidecar.unmanaged) result.push_back({name, data.size_gib, {}, sidecar.id});
    }
    std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return result;
}

VolumeFile FolderStore::manage(const std::string& id, const std::string& name, const std::string& declared) {
    if (!is_plain_name(name)) throw Error(ErrorCode::InvalidInput, "'" + name + "' is no plain file name");
    const auto source = path(std::string(kManageFolder) + "/" + name);
    if (const auto done = catalog_.find(id)) {
        if (is_same_file(source, path(done->active))) disk::remove_file(source);
        return view(*done);
    }
    const auto file = path(volume_file(id));
    if (!encryption_of(id).empty())
        throw Error(ErrorCode::InvalidInput, "a disk can't be taken over as an encrypted volume");
    if (!is_same_file(source, file)) check_plain_file(source);
    const auto format = format_of(name, declared);
    const auto size_gib = gib_of(checked_size(source, format));
    if (size_gib == 0) throw Error(ErrorCode::InvalidInput, "file '" + name + "' is empty");
    link_file(source, file);
    failpoint("volume.files.manage.linked");
    ::chmod(file.c_str(), 0600);
    disk::grow(file, format, size_gib * disk::kGiB);
    const auto sidecar = fresh(id, size_gib, format);
    catalog_.save(sidecar);
    failpoint("volume.files.manage.saved");
    disk::remove_file(source);
    return view(sidecar);
}

// The data has its new name before the volume is removed; until then a repeat makes it anew.
void FolderStore::unmanage(const std::string& id) {
    const auto sidecar = catalog_.find(id);
    if (!sidecar) return;
    if (!sidecar->deleting) {
        if (!sidecar->snapshots.empty())
            throw Error(ErrorCode::Conflict, "Volume " + id + " still has snapshots.", {}, id);
        refuse_connected(*sidecar);
        if (!sidecar->encryption.empty())
            throw Error(ErrorCode::InvalidInput, "Volume " + id + " is encrypted, and can't be let go with its key.",
                        {}, id);
        const auto active = sidecar->active_layer();
        const auto target =
            path(std::string(kManageFolder) + "/" + volume_file(id)) + (active.format == "raw" ? "" : ".qcow2");
        if (active.backing.empty() && !catalog_.is_needed(active.file, id))
            link_file(path(active.file), target);
        else
            disk::convert(path(active.file), active.format, target, active.format);
        failpoint("volume.files.unmanage.named");
    }
    remove(id);
}

std::int64_t FolderStore::manage_snapshot(const std::string& id, const std::string& name, const std::string& snapshot) {
    auto sidecar = catalog_.get(id);
    if (const auto done = sidecar.snapshots.find(snapshot); done != sidecar.snapshots.end())
        return done->second.size_gib;
    const auto found = sidecar.unmanaged.find(name);
    if (found == sidecar.unmanaged.end())
        throw Error(ErrorCode::NotFound, "Volume " + id + " has no unmanaged snapshot '" + name + "'.", {}, id);
    const auto data = found->second;
    sidecar.unmanaged.erase(found);
    sidecar.snapshots[snapshot] = data;
    catalog_.save(sidecar);
    failpoint("volume.files.manage_snapshot.saved");
    return data.size_gib;
}

void FolderStore::unmanage_snapshot(const std::string& id, const std::string& snapshot) {
    auto sidecar = catalog_.get(id);
    const auto found = sidecar.snapshots.find(snapshot);
    if (found == sidecar.snapshots.end()) return;
    sidecar.unmanaged["snapshot-" + snapshot] = found->second;
    sidecar.snapshots.erase(found);
    catalog_.save(sidecar);
    failpoint("volume.files.unmanage_snapshot.saved");
}

}  // namespace virga::volume::host::files
