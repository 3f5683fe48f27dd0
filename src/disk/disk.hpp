#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/secret.hpp"
#include "image/image_source.hpp"
#include "image/image_target.hpp"

/// Disk files on a host: what the volume drivers and the image backends share. No database, no libvirt.
/// A format is always told, never found out from the content.
///
/// A qcow2 may be encrypted by LUKS; QEMU and its tools encrypt and decrypt. Functions that have a `key` take every
/// qcow2 that they touch, with all that it stands on, for encrypted by that passphrase when it isn't empty, and for
/// plain when it is; a raw file is always plain. A program that is run gets the key through a file in memory, never in
/// its arguments or environment. A wrong key is Error{Corrupt}.
namespace virga::disk {

inline constexpr std::int64_t kGiB = 1024LL * 1024 * 1024;

struct Backing {
    std::string path;    ///< as it is to stand in the file: absolute, or relative to the new file's folder
    std::string format;  ///< raw or qcow2
};

/// Writes an empty qcow2 (version 3, 64 KiB clusters) in-process, no program is started: some 0.1 ms. `size_bytes` is
/// the virtual size. The file appears whole or not at all (written new, synced, renamed); an existing one is replaced.
/// An encrypted one has its own LUKS header, some 300 KB, which takes a few milliseconds.
void create_qcow2(const std::string& path, std::int64_t size_bytes,
                  const std::optional<Backing>& backing = std::nullopt, const Secret& key = {});

/// A sparse raw file of this size; an existing one of the same size is kept, so that a repeat is harmless.
void create_raw(const std::string& path, std::int64_t size_bytes);

/// Virtual size that the header of a qcow2 which Virga wrote gives; for raw the file's size.
std::int64_t virtual_size(const std::string& path, const std::string& format);

/// What a qcow2 that Virga wrote stands on, as its header says it; nullopt: on nothing. The format may be missing in a
/// file that somebody else wrote. Throws Error{Corrupt} when the header can't be read as one.
std::optional<Backing> qcow2_backing(const std::string& path);

/// Whether the header says that the content is encrypted, by whatever method.
bool qcow2_is_encrypted(const std::string& path);

/// True when no cluster of this qcow2 was ever written: it reads as its backing file.
bool qcow2_is_empty(const std::string& path);

/// Grows a disk (raw: truncate; qcow2: `qemu-img resize` with explicit format). A smaller or equal size does nothing.
void grow(const std::string& path, const std::string& format, std::int64_t size_bytes, const Secret& key = {});

using Progress = std::function<void(std::int64_t done_bytes, std::int64_t total_bytes)>;
using Cancelled = std::function<bool()>;

struct CopyResult {
    std::int64_t copied_bytes = 0;
    bool reflinked = false;
};
/// Copies a file, sparse areas stay sparse: a reflink where the file system can, else by extents, with
/// copy_file_range or (between file systems) past the page cache. The target appears whole or not at all. Throws
/// Cancelled, NoSpace.
CopyResult copy(const std::string& from, const std::string& to, const Progress& progress = {},
                const Cancelled& cancelled = {});
bool reflink_works(const std::string& folder);

struct FetchResult {
    std::int64_t virtual_size_bytes = 0;
    std::int64_t copied_bytes = 0;
    std::string format;  ///< of the target
};
struct FetchOptions {
    bool to_raw = true;  ///< convert to raw; false: keep the image's own format
    std::int64_t max_virtual_size_bytes =
        0;                        ///< InvalidInput when the image is larger, before a byte is copied; 0: no bound
    bool verify_checksum = true;  ///< xxh3, or sha512 where that isn't known, over the data, beside the conversion
    Progress progress;
    Cancelled cancelled;
};
/// Image data -> local disk file: inspects (image/format), compares with the declared format, then converts with
/// `qemu-img convert`, explicit formats, limits on memory, CPU and network - or copies in-process when it is raw. Works
/// on `<target>.part`, and renames when everything is right; a leftover .part is started afresh. Errors: NotFound,
/// InvalidInput (unacceptable or too large), Corrupt (checksum), NoSpace, Cancelled; where the data is on another
/// machine (source.remote) also those of disk/remote_image.hpp, and it comes to `<target>.download` first.
FetchResult fetch_image(const ImageSource& source, const std::string& target, const FetchOptions& options);

/// Local disk -> image data: writes one flat file of the target's format under its part name, inspects and digests it,
/// and gives it its final name when everything is right. Holes stay holes. A repeat finds the complete file and only
/// digests it; an incomplete one is started afresh. Errors: NotSupported (format), TooLarge, InvalidInput (a guest
/// wrote something that isn't acceptable as an image), NoSpace, Cancelled; where the store is on another machine
/// (target.remote) also those of disk/remote_image.hpp, and nothing stays in the folder.
StoredImage store_image(const std::string& from, const std::string& from_format, const ImageTarget& target,
                        const Progress& progress = {}, const Cancelled& cancelled = {}, const Secret& key = {});
/// Removes what store_image left, complete or not. Success when there is nothing.
void discard_image(const ImageTarget& target);

/// `qemu-img convert` between two local disks with explicit formats and the same bounds; target via .part and rename.
CopyResult convert(const std::string& from, const std::string& from_format, const std::string& to,
                   const std::string& to_format, const Progress& progress = {}, const Cancelled& cancelled = {},
                   const Secret& key = {});

/// Re-points a qcow2 at another backing file without touching data (`qemu-img rebase -u`, explicit formats).
void rebase_unsafe(const std::string& path, const Backing& backing, const Secret& key = {});
/// Puts a qcow2 on another backing file, or on none, and takes into it what it would lose (`qemu-img rebase`, explicit
/// formats).
void rebase(const std::string& path, const std::optional<Backing>& backing);
/// Merges an overlay into its backing file (`qemu-img commit`, explicit format). Throws Cancelled, NoSpace: whoever
/// reads the overlay finds the same as before.
void commit(const std::string& path, const Cancelled& cancelled = {}, const Secret& key = {});

/// Writes a small text file new, syncs it, renames it over the old one and syncs the folder.
void write_file_atomically(const std::string& path, std::string_view text, int mode = 0600);
std::string read_file(const std::string& path);  ///< Throws Error{NotFound}.
void sync_folder(const std::string& folder);
std::int64_t free_bytes(const std::string& folder);

}  // namespace virga::disk
