#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/scope_exit.hpp"
#include "disk/checksum.hpp"
#include "disk/convert.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "disk/remote_image.hpp"
#include "image/format/inspector.hpp"

namespace virga::disk {
namespace {

/// A format of images in the words of qemu-img.
struct ToolFormat {
    std::string name;
    std::string options;
};

ToolFormat tool_format(const std::string& disk_format) {
    static const std::map<std::string, ToolFormat, std::less<>> formats{
        {"raw", {"raw", ""}},
        {"qcow2", {"qcow2", ""}},
        {"vmdk", {"vmdk", ""}},
        {"vdi", {"vdi", ""}},
        // Without force_size a VHD's size is rounded to cylinders, heads and sectors.
        {"vhd", {"vpc", "force_size=on"}},
        {"vhdx", {"vhdx", ""}}};
    const auto found = formats.find(disk_format);
    if (found != formats.end()) return found->second;
    throw Error(ErrorCode::NotSupported, "An image of disk_format '" + disk_format + "' can't be made from a disk.");
}

void check_size(std::int64_t bytes, const ImageTarget& target) {
    if (bytes <= target.max_bytes) return;
    throw Error(ErrorCode::TooLarge, "The image would have " + std::to_string(bytes) +
                                         " bytes, which is over the size limit or the project's quota of " +
                                         std::to_string(target.max_bytes) + " bytes.");
}

/// The database of the cloud's state shares the store's disk, and must be able to write.
bool has_reserve(const ImageTarget& target) {
    struct statvfs info {};
    if (::statvfs(target.folder.c_str(), &info) != 0) return true;  // the conversion will tell what is wrong
    const auto left = static_cast<std::int64_t>(info.f_bavail) * static_cast<std::int64_t>(info.f_frsize);
    return left >= target.keep_free_bytes;
}

/// Stops the conversion as soon as the reserve is touched, or the data is larger than it may be.
void convert_within(const Conversion& conversion, const ImageTarget& target, const Progress& progress,
                    const Cancelled& cancelled) {
    const auto no_space = [] {
        return Error(ErrorCode::NoSpace, "There is not enough space left in the image store.");
    };
    bool full = !has_reserve(target);
    if (full) throw no_space();
    std::int64_t written = 0;
    const auto stop = [&] {
        full = !has_reserve(target);
        written = allocated_bytes(conversion.to);
        return full || written > target.max_bytes || (cancelled && cancelled());
    };
    try {
        convert_into(conversion, progress, stop);
    } catch (const Error&) {
        if (full) throw no_space();
        check_size(written, target);
        throw;
    }
}

/// The store belongs to the control process, which must be able to read and remove the file.
void give_to_store(const std::string& path, const ImageTarget& target) {
    struct stat info {};
    if (::stat(target.folder.c_str(), &info) != 0)
        throw_errno(ErrorCode::Unavailable, "stat of the image store", errno);
    const auto file = File::open_for_reading(path);
    const bool given = ::fchmod(file.fd(), 0600) == 0 &&
                       (info.st_uid == ::geteuid() || ::fchown(file.fd(), info.st_uid, info.st_gid) == 0);
    if (!given) throw_errno(ErrorCode::Internal, "give the file to the image store", errno);
}

void write_part(const std::string& from, const std::string& from_format, const ImageTarget& target,
                const Progress& progress, const Cancelled& cancelled, const Secret& key) {
    const auto format = tool_format(target.disk_format);
    const auto size = virtual_size(from, from_format);
    if (format.name == "raw") check_size(size, target);
    const auto part = target.part_path();
    remove_file(part);
    ScopeExit cleanup([&] { ::unlink(part.c_str()); });
    Conversion conversion{from,           from_format, part, format.name, size, file_bound(format.name, size),
                          format.options, key};
    convert_within(conversion, target, progress, cancelled);
    if (progress) progress(std::min(File::open_for_reading(part).size(), size), size);
    check_size(File::open_for_reading(part).size(), target);
    image::check_declared(target.disk_format, image::inspect_file(part));
    give_to_store(part, target);
    failpoint("disk.store_image.written");
    rename_durably(part, target.path());
    failpoint("disk.store_image.renamed");
    cleanup.dismiss();
}

StoredImage store_file(const std::string& from, const std::string& from_format, const ImageTarget& target,
                       const Progress& progress, const Cancelled& cancelled, const Secret& key) {
    const auto path = target.path();
    if (!exists(path)) write_part(from, from_format, target, progress, cancelled, key);
    const auto found = image::inspect_file(path);
    StoredImage result;
    result.format = image::check_declared(target.disk_format, found);
    result.size_bytes = File::open_for_reading(path).size();
    result.virtual_size_bytes = found.virtual_size_bytes.value_or(result.size_bytes);
    ChecksumThread sha512(path, HashAlgorithm::Sha512);
    const std::function<bool()> stop = cancelled ? cancelled : [] { return false; };
    result.md5 = digest_of(path, HashAlgorithm::Md5, stop);
    result.xxh3 = digest_of(path, HashAlgorithm::Xxh3, stop);
    result.sha512 = sha512.wait(cancelled);
    if (cancelled && cancelled()) throw Error(ErrorCode::Cancelled, "storing the image was cancelled");
    return result;
}

/// What the control process found must be what was sent.
StoredImage store_remote(const std::string& from, const std::string& from_format, const ImageTarget& target,
                         const Progress& progress, const Cancelled& cancelled, const Secret& key) {
    const ScopeExit cleanup([&] { ::unlink(target.path().c_str()); });
    remove_file(target.path());
    const auto sent = store_file(from, from_format, target, progress, cancelled, key);
    const auto stored = send_image(target.path(), target, progress, cancelled);
    if (stored == sent) return stored;
    throw Error(ErrorCode::Corrupt, "The image's data was damaged on its way to the image store.",
                "image " + target.image_id + ": " + json::serialize(sent.to_json()) + " was sent, " +
                    json::serialize(stored.to_json()) + " is stored");
}

}  // namespace

StoredImage store_image(const std::string& from, const std::string& from_format, const ImageTarget& target,
                        const Progress& progress, const Cancelled& cancelled, const Secret& key) {
    const auto& store = target.remote.empty() ? store_file : store_remote;
    return store(from, from_format, target, progress, cancelled, key);
}

void discard_image(const ImageTarget& target) {
    remove_file(target.part_path());
    remove_file(target.path());
    sync_folder(target.folder);
}

}  // namespace virga::disk
