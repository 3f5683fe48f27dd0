#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "volume/host/backend_config.hpp"
#include "volume/host/drivers/driver.hpp"
#include "volume/host/drivers/remotefs/share.hpp"

namespace virga::volume::host::remotefs {

/// Volumes as files of mounted network shares: the base of the drivers whose storage is one. Each share is a folder as
/// files::FolderStore keeps it, so a volume, its snapshots and what it stands on are always on one share, and names in
/// them are relative: they hold wherever the share is mounted. Which share a volume is on is known from the records on
/// the shares and from nowhere else.
///
/// A new volume goes where most is free among the shares with room; one that is made from an image, a snapshot or
/// another volume goes on the share of those, where it costs nothing, as long as there is room, and elsewhere as a full
/// copy.
///
/// A share that can't be mounted is left out. What might be on it is neither missing nor new: such calls throw
/// Unavailable, and inventory() says that it is incomplete. Only one storage host may use a share.
class RemoteFsDriver : public Driver {
public:
    /// `type` is the driver's name and the file system's for mount(8). Throws Error{InvalidInput} for wrong or no
    /// shares.
    RemoteFsDriver(std::string type, const BackendConfig& config);

    std::string name() const override { return type_; }
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
    std::vector<disk::Share> shares() const override;
    void recover() override;

private:
    /// Room on a share that a volume being created takes, until its record counts.
    class Promise;
    struct Room {
        Share* share = nullptr;
        std::int64_t free_bytes = 0;
        std::int64_t gib = 0;                ///< that may still be promised
        std::int64_t ever_promised_gib = 0;  ///< when that was looked at
    };
    struct Promised {
        std::int64_t pending_gib = 0;
        std::int64_t ever_gib = 0;  ///< what is recorded by now, too
    };

    /// The share that has the volume, by what is known; the newest when two have it, since a create whose share was
    /// gone is repeated on another one.
    Share* find(const std::string& id) const;
    /// Mounts what isn't, then finds. nullptr: on none of them. Throws Error{Unavailable} when it might be on one that
    /// can't be mounted.
    Share* find_or_none(const std::string& id);
    Share& get(const std::string& id);  ///< Throws Error{NotFound} too.
    /// The share of a create that was begun or done already; the others are mounted at this opportunity.
    Share* find_begun(const std::string& id);
    Room room_of(Share& share);
    bool take(const Room& room, std::int64_t size_gib);
    std::vector<Room> rooms();  ///< of the shares that are mounted, most free bytes first. Throws Error{Unavailable}.
    /// The first with room, taken; `preferred` before all. Throws Error{NoSpace}, Error{Unavailable}.
    std::unique_ptr<Promise> choose(std::int64_t size_gib, const std::vector<Share*>& preferred = {});
    Created copy_elsewhere(Share& target, const std::string& id, std::int64_t size_gib, Share& source,
                           const std::function<files::Content(ShareStore&)>& content, const Call& call);

    const std::string type_;
    const std::int64_t reserved_percentage_;
    const double ratio_;
    std::vector<std::unique_ptr<Share>> shares_;
    mutable std::mutex mutex_;
    std::map<const Share*, Promised> promised_;
};

}  // namespace virga::volume::host::remotefs
