#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "disk/disk.hpp"
#include "volume/host/drivers/driver.hpp"
#include "volume/host/drivers/files/base_cache.hpp"
#include "volume/host/drivers/files/catalog.hpp"

namespace virga::volume::host::files {

/// Where disks that are nobody's lie.
inline constexpr const char* kManageFolder = "manage";
/// By which a folder of volumes is known.
inline const std::vector<std::string> kOwnFolders{"_base", kManageFolder};

struct Options {
    std::string folder;          ///< absolute; made when missing
    std::string format = "raw";  ///< of empty volumes: raw or qcow2
    CacheLimits cache = {};      ///< of the raw copies of images
    KeyRing* keys = nullptr;     ///< of the driver that this store is a part of; null: its own
};

/// A disk that can be copied elsewhere.
struct Content {
    std::string path;
    std::string format;
    std::string encryption = {};
};

struct Usage {
    std::int64_t total_bytes = 0;
    std::int64_t free_bytes = 0;     ///< beyond what running operations have claimed
    std::int64_t allocated_gib = 0;  ///< sum of the volumes' sizes
};

/// Volumes as files of one folder: the engine of every driver whose storage is a file system. A driver derives from it
/// and adds its name, which is also the type of its connections.
///
///   volume-<id>              first file of a volume
///   volume-<id>.<tag>        later files: overlay or copy made for the snapshot or clone with this id
///   volume-<id>.json         sidecar: size, active file, all layers, snapshots
///   _base/<key>.raw          read-only raw copies of images
///   manage/<name>            disks that are nobody's: to be taken over, or let go
///
/// Where the file system can reflink, copies are reflinks and files stand alone. Elsewhere copies are qcow2 overlays on
/// frozen files, which are shared.
///
/// An encrypted volume is always a qcow2, so that QEMU encrypts it. Made from an image it is, with reflinks too, an
/// overlay on the image's raw copy. Each layer has a LUKS header of its own, and all are opened by the volume's key.
///
/// A snapshot of a volume that guests have open is made the other way round than one would think: first the record says
/// that the overlay is active, then the guest is moved on to it. Whoever opens the volume in between, after a crash
/// say, opens the overlay, which is empty: it reads the same, and what was written to the layer beneath by then is
/// there. So a running guest may for a while write to a layer beneath the active one, with nothing but empty overlays
/// above it.
///
/// What holds at any instant, so that a kill can't lose anything:
///  1. A file is complete and synced before a sidecar names it; so a sidecar never names a missing or partial file.
///  2. A sidecar is replaced as a whole and durably; it is the one point at which an operation happens.
///  3. A file is unlinked only after no sidecar names it any more.
/// So a kill leaves at most files without a sidecar that names them. A repeat makes them anew, remove() takes those
/// that carry the volume's id, and recover() takes all.
class FolderStore : public Driver {
public:
    explicit FolderStore(const Options& options);

    Capabilities capabilities() const override;
    VolumeFile create(const std::string& id, std::int64_t size_gib) override;
    Created create_from_image(const std::string& id, std::int64_t size_gib, const ImageSource& image,
                              const Call& call) override;
    Created create_from_snapshot(const std::string& id, std::int64_t size_gib, const std::string& source_id,
                                 const std::string& snapshot_id, const Call& call) override;
    Created clone(const std::string& id, std::int64_t size_gib, const std::string& source_id,
                  const Call& call) override;
    Created create_from_disk(const std::string& id, std::int64_t size_gib, const VolumeFile& disk,
                             const Call& call) override;
    std::vector<std::string> remove(const std::string& id) override;
    Flattened flatten(const std::string& id, const Call& call) override;
    VolumeFile extend(const std::string& id, std::int64_t size_gib) override;
    VolumeFile create_snapshot(const std::string& id, const std::string& snapshot_id) override;
    VolumeFile revert(const std::string& id, const std::string& snapshot_id, const Call& call) override;
    Created reimage(const std::string& id, const ImageSource& image, const Call& call) override;
    void read(const std::string& id, const std::function<void(const VolumeFile&)>& use) override;
    VolumeFile create_snapshot_online(const std::string& id, const std::string& snapshot_id) override;
    LayerMerge next_merge(const std::string& id) override;
    VolumeFile finish_merge(const std::string& id, const LayerMerge& merge) override;
    VolumeFile delete_snapshot(const std::string& id, const std::string& snapshot_id) override;
    json::object initialize_connection(const std::string& id, const std::string& connector_host) override;
    void terminate_connection(const std::string& id, const std::string& connector_host) override;
    std::vector<Manageable> manageable() override;
    VolumeFile manage(const std::string& id, const std::string& name, const std::string& declared) override;
    void unmanage(const std::string& id) override;
    std::int64_t manage_snapshot(const std::string& id, const std::string& name, const std::string& snapshot) override;
    void unmanage_snapshot(const std::string& id, const std::string& snapshot) override;
    Inventory inventory() override;
    void recover() override;

    // For drivers that keep volumes in several folders.

    /// Whether a volume of this id is here: when it was created, 0 when its record is damaged; nullopt: it isn't.
    std::optional<std::int64_t> created_us(const std::string& id) const;
    Usage usage() const;
    std::int64_t size_gib(const std::string& id) const { return catalog_.get(id).size_gib; }
    bool has_base(const ImageSource& image) const { return bases_.has(image); }
    /// What create_from_snapshot and clone would take, for a copy into another folder; their errors. The content of a
    /// volume may only be used when quiet_content() says the same afterwards: it throws Conflict when a guest writes.
    Content snapshot_content(const std::string& id, const std::string& snapshot_id, std::int64_t size_gib);
    Content quiet_content(const std::string& id, std::int64_t size_gib);
    /// A volume with a full copy of the content. NoSpace, Cancelled. On failure no volume exists.
    Created create_from_content(const std::string& id, std::int64_t size_gib, const Content& content, const Call& call);

protected:
    const Catalog& catalog() const { return catalog_; }
    Catalog& catalog() { return catalog_; }
    std::string path(const std::string& file) const { return catalog_.path(file); }
    /// next_merge() of the layer beneath the active one; empty when that can't be merged.
    LayerMerge next_pull(const std::string& id) const;

private:
    enum class CopyMode { Reflink, Freeze, Full };

    VolumeFile view(const Sidecar& sidecar) const;
    /// The sidecar of a create that was done already. Clears the way for a new one otherwise.
    std::optional<Sidecar> find_or_prepare(const std::string& id);
    Sidecar fresh(const std::string& id, std::int64_t size_gib, const std::string& format,
                  const std::string& backing = {}) const;
    /// The key of an encrypted volume; empty for another one. Throws InvalidInput when it isn't given.
    Secret key_of(const Sidecar& sidecar) const;
    /// Of a volume that is to be made: kLuks when its key is given.
    std::string encryption_of(const std::string& id) const;
    std::string format_of_new(const std::string& id) const;
    void check_same_encryption(const std::string& id, const std::string& source) const;
    /// Makes volume-<id> from a frozen or a copyable layer of another volume, and its sidecar.
    Created derive(const std::string& id, std::int64_t size_gib, const Sidecar& source, const Layer& layer,
                   bool overlay, const Call& call);
    Created on_base(const std::string& id, std::int64_t size_gib, const BaseCache::Pin& base, const Call& call);
    const Layer& snapshot_layer(const Sidecar& source, const std::string& snapshot_id, std::int64_t size_gib) const;
    void check_clone_size(const Sidecar& source, std::int64_t size_gib) const;
    std::int64_t copy_file(const std::string& from, const std::string& to, const Call& call);
    Content content_of(const Sidecar& source, const Layer& layer) const;
    /// An active file with the image's content.
    Layer layer_on_base(const std::string& file, std::int64_t size_gib, const BaseCache::Pin& base, const Secret& key,
                        const Call& call, Created& result) const;
    void refuse_connected(const Sidecar& sidecar) const;
    /// Makes the layer the active one, and removes what nothing needs any more.
    VolumeFile put_in_place(Sidecar& sidecar, const Layer& layer);
    bool is_busy(const Sidecar& sidecar) const;  ///< a guest writes to it now
    Error busy(const std::string& id) const;
    CopyMode copy_mode(const Sidecar& sidecar) const;
    /// Gives the layer that holds the volume's present content for good, the guest going on in a new overlay named
    /// after the tag. Changes the sidecar in memory; the caller saves it.
    std::string freeze(Sidecar& sidecar, const std::string& tag);
    std::string freeze_online(Sidecar& sidecar, const std::string& tag);
    std::string put_overlay(Sidecar& sidecar, const std::string& tag);
    VolumeFile keep_snapshot(Sidecar& sidecar, const std::string& snapshot_id, const std::string& data);
    LayerMerge merge_at(const Sidecar& sidecar, const std::vector<Layer>& chain, std::size_t i) const;
    void take_over(Sidecar& sidecar, const LayerMerge& merge);
    std::string layer_name(const std::string& name) const;
    std::string free_name(const Sidecar& sidecar, const std::string& tag) const;
    std::string copy_active(Sidecar& sidecar, const std::string& tag);
    void remove_unneeded(const std::vector<std::string>& files);
    void remove_orphans(const std::string& id);
    std::vector<std::string> sharers(const std::string& id) const;
    /// Merges frozen layers that nobody needs as such into one with the layer above.
    void compact(Sidecar& sidecar, const Call& call);
    std::optional<std::string> mergeable(const Sidecar& sidecar) const;
    bool is_mergeable(const Sidecar& sidecar, const Layer& layer) const;
    void merge_into(Sidecar& sidecar, const std::string& file, const Call& call);
    void set_modes(const Sidecar& sidecar) const;

    Options options_;
    const KeyRing& ring_;
    bool reflink_;
    Catalog catalog_;
    BaseCache bases_;
};

}  // namespace virga::volume::host::files
