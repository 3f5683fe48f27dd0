#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "disk/share_mount.hpp"
#include "image/image_source.hpp"
#include "volume/host/key_ring.hpp"
#include "volume/host_commands.hpp"

namespace virga::volume::host {

/// What lies on a backend and could be taken over.
struct Manageable {
    std::string name;
    std::int64_t size_gib = 0;
    std::string reason = {};     ///< why it can't be, or empty
    std::string volume_id = {};  ///< of a snapshot: its volume
};

/// What a driver can do; a caller or test may only excuse a missing thing by its capability.
struct Capabilities {
    bool stores_data = true;       ///< volumes have content (false: the fake)
    bool image_cache = true;       ///< the second volume from an image copies nothing
    bool instant_clone = true;     ///< clones and volumes from snapshots of a detached volume copy nothing
    bool online_snapshot = false;  ///< a running guest's volume can be snapshotted and cloned by the storage alone
    bool host_local = true;        ///< volumes lie on this host, and can only be used there but for `exports`
    bool exports = false;          ///< other hosts reach those that aren't encrypted by NBD over TLS
    bool manage = false;           ///< disks can be taken over and let go
    bool encryption = false;       ///< volumes can be encrypted
    bool survives_restart = true;  ///< a new driver object on the same folder finds everything
};

/// How a long operation talks to its caller. Both may be empty.
struct Call {
    std::function<bool()> cancelled;
    std::function<void(std::int64_t done_bytes, std::int64_t total_bytes)> progress;
};

struct Created {
    VolumeFile file;
    std::int64_t copied_bytes = 0;        ///< data that was written for it; 0 when it shares everything
    bool base_hit = false;                ///< from an image that the backend had already
    std::int64_t virtual_size_bytes = 0;  ///< of the image; 0 for other sources
};

struct Flattened {
    VolumeFile file;
    std::int64_t merged = 0;  ///< how many files are fewer
};

struct Inventory {
    std::int64_t total_bytes = 0;
    std::int64_t free_bytes = 0;
    std::int64_t allocated_gib = 0;                               ///< sum of the volumes' sizes
    std::vector<std::string> volumes;                             ///< ids
    std::vector<std::string> snapshots;                           ///< ids
    std::map<std::string, std::vector<std::string>> connections;  ///< connectors' hosts, by volume id
    std::vector<std::string> hidden;  ///< files that only live for others: shared layers, image bases
    /// Hosts that are let in, by id of the volumes that a running process exports; nothing of a driver without exports.
    std::optional<std::map<std::string, std::vector<std::string>>> exports;
    std::vector<std::string> strays;  ///< processes that export files for no record: their ids
    /// Parts that could not be looked at now, each with the reason: what they hold is not listed above, and not gone.
    std::vector<std::string> incomplete;
};

/// Code that talks to one kind of storage. Ids are canonical UUIDs; sizes are at least 1 GiB; the caller has checked
/// both. The caller runs one operation per volume at a time (a source volume counts too), different volumes in
/// parallel: a driver must be thread-safe across volumes. Every method is idempotent: repeated with the same arguments,
/// also after a kill in the middle, it completes and gives the same result. Besides the errors named, any method may
/// throw Internal (the storage failed), Corrupt (its records are damaged).
///
/// A volume is encrypted when its key is in keys() while it is made; a clone or a volume from a snapshot has the key of
/// its source. Afterwards, whatever reads or writes content needs the key there, else InvalidInput: all but remove(),
/// next_merge(), finish_merge() and the two of connections. A backend never stores a key.
class Driver {
public:
    virtual ~Driver() = default;
    virtual std::string name() const = 0;
    virtual Capabilities capabilities() const = 0;
    /// The network shares that this host's configuration keeps volumes on, with the options to mount them by.
    virtual std::vector<disk::Share> shares() const { return {}; }
    KeyRing& keys() { return keys_; }

    /// An empty volume that reads as zeros. NoSpace. On failure nothing is left that remove() wouldn't take away.
    virtual VolumeFile create(const std::string& id, std::int64_t size_gib) = 0;

    /// A volume with the image's content at its start. The image is inspected before any tool opens it. Errors:
    /// InvalidInput (unacceptable, or larger than the volume: nothing was copied), NotFound (image data gone), NoSpace,
    /// Corrupt (checksum), Cancelled. On failure no volume exists; the image's data may stay cached when complete.
    virtual Created create_from_image(const std::string& id, std::int64_t size_gib, const ImageSource& image,
                                      const Call& call) = 0;

    /// A volume with the content of a snapshot, grown to size_gib. NotFound (volume or snapshot), InvalidInput (smaller
    /// than the snapshot), NoSpace, Cancelled. On failure no volume exists. Later the snapshot and its volume may be
    /// deleted independently.
    virtual Created create_from_snapshot(const std::string& id, std::int64_t size_gib, const std::string& source_id,
                                         const std::string& snapshot_id, const Call& call) = 0;

    /// A volume with the present content of another one, grown to size_gib. Errors as above; Conflict when the source
    /// is in use by a running guest and online_snapshot is false. The source's active file may be another one
    /// afterwards.
    virtual Created clone(const std::string& id, std::int64_t size_gib, const std::string& source_id,
                          const Call& call) = 0;

    /// A volume with a full copy of a disk of this host that nothing writes to, grown to size_gib; it may have backing
    /// files. NoSpace, Cancelled. On failure no volume exists.
    virtual Created create_from_disk(const std::string& id, std::int64_t size_gib, const VolumeFile& disk,
                                     const Call& call) = 0;

    /// Removes a volume and what interrupted operations left of it; nothing there is success. What others depend on
    /// stays, hidden, until the last of them goes. Conflict while it has snapshots. A failed removal is completed by
    /// the repeat. Gives the ids of the volumes that shared data with it, which flatten() may have work on now.
    virtual std::vector<std::string> remove(const std::string& id) = 0;

    /// Makes what only this volume needs any more of volumes that were removed its own, in as few files as can be. A
    /// volume that is connected or in use stays as it is, but for one that is exported: that has done for it what can
    /// be. When call.cancelled says so it ends early, and what was done by then stays. NotFound, NoSpace. The active
    /// file may be another one afterwards.
    virtual Flattened flatten(const std::string& id, const Call& call) = 0;

    /// Grows; a smaller or equal size changes nothing. NotFound, NoSpace, Busy (the format can't grow under a running
    /// guest). On failure the old size stands.
    virtual VolumeFile extend(const std::string& id, std::int64_t size_gib) = 0;

    /// Keeps the present content under snapshot_id. NotFound, NoSpace, Conflict (as clone). The volume's active file
    /// may be another one afterwards. On failure there is no snapshot.
    virtual VolumeFile create_snapshot(const std::string& id, const std::string& snapshot_id) = 0;

    /// Gives a volume the content that a snapshot of it has; it keeps its size, and its snapshots. NotFound, Conflict
    /// (connected), NoSpace, Cancelled. On failure it has its old content. The active file may be another one
    /// afterwards.
    virtual VolumeFile revert(const std::string& id, const std::string& snapshot_id, const Call& call) = 0;

    /// Gives a volume the content of an image and zeros behind it: nothing of what it had can be read any more, but in
    /// its snapshots. Errors as create_from_image and revert. On failure it has its old content.
    virtual Created reimage(const std::string& id, const ImageSource& image, const Call& call) = 0;

    /// Calls `use` with a disk that holds the volume's present content and doesn't change until `use` returns; it may
    /// have backing files. Throws what `use` throws; NotFound, Conflict (a running guest has it open). Nothing is left
    /// behind.
    virtual void read(const std::string& id, const std::function<void(const VolumeFile&)>& use) = 0;

    /// As create_snapshot, of a volume that guests may have open: the caller moves each of them on to the active file
    /// that is returned, and opens the volume by no other from now on. The content of the snapshot is what the file
    /// beneath holds when that is done; until then the snapshot must not be used. NotFound, NoSpace.
    virtual VolumeFile create_snapshot_online(const std::string& id, const std::string& snapshot_id) = 0;

    /// The next two layers of the volume that could become one while a guest has it open; empty when there are none.
    /// The caller has them merged by the guest's hypervisor, and calls finish_merge then. NotFound.
    virtual LayerMerge next_merge(const std::string& id) = 0;
    /// Records a merge that was made. Nothing happens when the lower layer of an `into_active` merge, or the upper one
    /// of another, is not the volume's. Conflict: the files say that it wasn't made.
    virtual VolumeFile finish_merge(const std::string& id, const LayerMerge& merge) = 0;

    /// Forgets a snapshot; none is success. Its data stays while others need it. A failed one is completed by the
    /// repeat; the volume is usable in between.
    virtual VolumeFile delete_snapshot(const std::string& id, const std::string& snapshot_id) = 0;

    /// What a host needs to open the volume: {driver_volume_type, data}. Notes that it is connected. NotFound; with
    /// `exports` for another host, when the volume is encrypted NotSupported, without a port NoSpace, Unavailable.
    virtual json::object initialize_connection(const std::string& id, const std::string& connector_host) = 0;
    /// Takes the note away; nothing there is success.
    virtual void terminate_connection(const std::string& id, const std::string& connector_host) = 0;

    /// Disks and snapshots that can be taken over. NotSupported, as the next four, without Capabilities::manage.
    virtual std::vector<Manageable> manageable() { throw unmanageable(); }
    /// Makes a disk of manageable() the volume's. `format` raw or qcow2, or empty: as its name says. A raw disk's
    /// content is never looked at; a qcow2 must have no backing and no data file. NotFound, InvalidInput. On failure
    /// the disk is where it was.
    virtual VolumeFile manage(const std::string&, const std::string&, const std::string&) { throw unmanageable(); }
    /// Forgets a volume and leaves its data as a disk of manageable(). Conflict (snapshots, connected). None is
    /// success.
    virtual void unmanage(const std::string&) { throw unmanageable(); }
    /// The size in GiB of a snapshot of manageable(), which has the id from then on. NotFound.
    virtual std::int64_t manage_snapshot(const std::string&, const std::string&, const std::string&) {
        throw unmanageable();
    }
    /// Forgets a snapshot and leaves its data as one of manageable(), until the volume goes. None is success.
    virtual void unmanage_snapshot(const std::string&, const std::string&) { throw unmanageable(); }

    virtual Inventory inventory() = 0;
    /// Cleans up what a killed process left. Called once, before any other method; no other one runs meanwhile.
    virtual void recover() = 0;

private:
    KeyRing keys_;

    static Error unmanageable() {
        return Error(ErrorCode::NotSupported, "Nothing can be taken over on this backend, nor let go.");
    }
};

}  // namespace virga::volume::host
