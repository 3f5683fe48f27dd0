#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "image/image_source.hpp"
#include "image/image_target.hpp"

/// Commands of the volume service to a storage host. Header only: shared by both sides of the RPC.
/// Any command of a volume may have `patience_ms`: how long it waits for another one that works on the volume. Then
/// Error{Busy}, and nothing was done.
///
/// Every command is idempotent: a repeat with the same arguments finds what the first one did and returns the same
/// result.
///
/// Any command may have `keys: {volume_id: key}`: of encrypted volumes that it works on. They are passphrases: they
/// stand in no record and in no log, on neither side. A volume that is made while its key is given is encrypted; what
/// reads or writes the content of an encrypted one without its key is Error{InvalidInput}.
namespace virga::volume {

/// How the data of a volume is stored. Fixed at creation or by a driver operation, never found out by looking at the
/// data. "raw" or "qcow2".
using DiskFormat = std::string;

/// What a host says of a volume after it changed it; control stores it in the volume's row.
struct VolumeFile {
    std::string path;   ///< absolute path of the active file on the host
    DiskFormat format;  ///< of the active file
    std::int64_t size_gib = 0;
    std::string encryption = {};  ///< kLuks or empty: none. Whoever opens the file must be told.

    json::object to_json() const {
        return {{"path", path}, {"format", format}, {"size_gib", size_gib}, {"encryption", encryption}};
    }
    static VolumeFile from_json(const json::object& o) {
        return {get_string(o, "path"), get_string(o, "format"), get_int(o, "size_gib"), get_string(o, "encryption")};
    }
};

/// Every qcow2 of the volume is encrypted by LUKS, all with the volume's key; a raw file that it stands on is the copy
/// of an image, and plain.
inline constexpr const char* kLuks = "luks";

/// Two neighbours of a volume's chain of files that shall become one while a guest has them open. Absolute paths.
struct LayerMerge {
    bool into_active = false;  ///< the active file takes `lower` in; false: `upper` goes into `lower`
    std::string upper;
    std::string lower;
    std::string below;  ///< what is beneath `lower`; empty: nothing
    bool empty() const { return lower.empty(); }

    json::object to_json() const {
        return {{"into_active", into_active}, {"upper", upper}, {"lower", lower}, {"below", below}};
    }
    static LayerMerge from_json(const json::object& o) {
        return {get_bool(o, "into_active"), get_string(o, "upper"), get_string(o, "lower"), get_string(o, "below")};
    }
};

namespace command {
/// {backend, volume_id, size_gib} -> VolumeFile. An empty volume.
inline constexpr const char* kCreate = "volume.create";
/// {backend, volume_id, size_gib, image: ImageSource} -> VolumeFile + {copied_bytes, base_hit: bool,
/// virtual_size_bytes}. Inspects the image first. Long: reports progress, may be cancelled. Errors: InvalidInput (image
/// unacceptable, or its virtual size is over size_gib), NotFound (image data gone), NoSpace, Corrupt (checksum).
inline constexpr const char* kCreateFromImage = "volume.create_from_image";
/// {backend, volume_id, size_gib, snapshot_id, source_volume_id} -> VolumeFile + {copied_bytes}
inline constexpr const char* kCreateFromSnapshot = "volume.create_from_snapshot";
/// {backend, volume_id, size_gib, source_volume_id} -> VolumeFile + {copied_bytes}
inline constexpr const char* kClone = "volume.clone";
/// {backend, volume_id, size_gib, source_backend} -> VolumeFile + {copied_bytes}. A volume with the content that the
/// volume of the same id has on another backend of this host, where nothing may write to it meanwhile. Long: reports
/// progress, may be cancelled. Conflict: a guest wrote to it, nothing is left.
inline constexpr const char* kCopyHere = "volume.copy_here";
/// {backend, volume_id} -> {dependents: [id]}: volumes that shared data with it. Success when there is none. Also
/// removes what an interrupted create left.
inline constexpr const char* kDelete = "volume.delete";
/// {backend, volume_id} -> VolumeFile + {merged}. See Driver::flatten. Ends early when another command wants the
/// volume.
inline constexpr const char* kFlatten = "volume.flatten";
/// {backend, volume_id, size_gib} -> VolumeFile. Offline growth; never shrinks (smaller or equal: nothing happens).
inline constexpr const char* kExtend = "volume.extend";
/// {backend, volume_id, snapshot_id, attached: bool} -> VolumeFile of the volume (its active file may be another one
/// afterwards). attached: guests may have the volume open, and the caller moves them on to that file; the content of
/// the snapshot stands still from then on.
inline constexpr const char* kCreateSnapshot = "volume.create_snapshot";
/// {backend, snapshots: [{volume_id, snapshot_id}]} -> {volumes: [VolumeFile + {volume_id}]}. All at one moment: the
/// volumes are held until the last snapshot is made. A failure may leave some of them.
inline constexpr const char* kCreateSnapshots = "volume.create_snapshots";
/// {backend, volume_id, snapshot_id} -> VolumeFile of the volume. Success when there is none.
inline constexpr const char* kDeleteSnapshot = "volume.delete_snapshot";
/// {backend, volume_id, snapshot_id} -> VolumeFile. The volume has the snapshot's content again.
inline constexpr const char* kRevert = "volume.revert";
/// {backend, volume_id, image: ImageSource} -> as kCreateFromImage. Replaces the volume's content. Long.
inline constexpr const char* kReimage = "volume.reimage";
/// {backend, volume_id, target: ImageTarget} -> StoredImage. The volume's present content becomes the data of an image.
/// Long: reports progress, may be cancelled. Errors: Conflict (in use by a running guest), NotSupported (format),
/// TooLarge, InvalidInput (what a guest wrote isn't acceptable as an image), NoSpace.
inline constexpr const char* kUpload = "volume.upload";
/// {backend, volume_id, target: ImageTarget}. Removes what kUpload wrote; success when there is nothing.
inline constexpr const char* kDiscardUpload = "volume.discard_upload";
/// {backend} -> {items: [{name, size_gib, reason, volume}]}: what could be taken over; see driver.hpp.
inline constexpr const char* kManageable = "volume.manageable";
/// {backend, volume_id, source_name, format} -> VolumeFile. See Driver::manage.
inline constexpr const char* kManage = "volume.manage";
/// {backend, volume_id}. See Driver::unmanage.
inline constexpr const char* kUnmanage = "volume.unmanage";
/// {backend, volume_id, snapshot_id, source_name} -> {size_gib}
inline constexpr const char* kManageSnapshot = "volume.manage_snapshot";
/// {backend, volume_id, snapshot_id}
inline constexpr const char* kUnmanageSnapshot = "volume.unmanage_snapshot";
/// {backend, volume_id} -> LayerMerge that a guest which has the volume open can make; empty: none.
inline constexpr const char* kNextMerge = "volume.next_merge";
/// {backend, volume_id, merge: LayerMerge} -> VolumeFile: takes a merge that was made to the records. Conflict: the
/// files say that it wasn't made. Success when it is recorded already.
inline constexpr const char* kFinishMerge = "volume.finish_merge";
/// {backend, volume_id, connector: {host}} -> {driver_volume_type, data: {path, format, ...}}
inline constexpr const char* kInitializeConnection = "volume.initialize_connection";
/// {backend, volume_id, connector}. Success when there is none.
inline constexpr const char* kTerminateConnection = "volume.terminate_connection";
/// {} -> {backends: [{name, driver, total_bytes, free_bytes, allocated_gib, volumes: [id], snapshots: [id], hidden:
/// [file], connections: {volume_id: [connector's host]}, exports: null or {volume_id: [host]}, strays: [process id],
/// incomplete: [reason]}]}: for `virga check`. Of an incomplete backend nothing may be taken for missing.
inline constexpr const char* kInventory = "volume.inventory";
/// {level: debug, info, warning or error; absent: stays} -> {level}: of the host process's log.
inline constexpr const char* kLogLevel = "volume.log_level";
}  // namespace command

}  // namespace virga::volume
