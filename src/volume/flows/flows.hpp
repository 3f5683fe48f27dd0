#pragma once
#include <optional>
#include <string>
#include <vector>

#include "identity/service.hpp"
#include "volume/flows/dependencies.hpp"
#include "volume/model/records.hpp"

/// What the API starts. Each function runs in the API's transaction: it checks, makes the state change (compare and
/// swap) and starts the flow, or throws and nothing happened.
namespace virga::volume::flows {

/// Registers every task of this folder.
void register_tasks(taskflow::Registry& registry, Dependencies& dependencies);

/// See Service::create.
FlowId create_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const NewVolume& request,
                     const std::optional<FlowId>& parent);

/// See Service::claim.
void claim_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const NewVolume& request);

struct DeleteOptions {
    bool force = false;    ///< from any status
    bool cascade = false;  ///< with its snapshots
};
/// See Service::remove.
std::optional<FlowId> delete_volume(db::Transaction& tx, Dependencies& d, const VolumeId& id,
                                    const std::string& request_id, const std::optional<FlowId>& parent,
                                    const DeleteOptions& options = {});

/// The volume must be available, or with `online` in use: the guest sees the new size at once. The row has the new size
/// at once (so that quota counts it), and the old one again when the flow fails.
FlowId extend_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeId& id,
                     std::int64_t new_size_gib, bool online);

/// Gives the volume the content of its latest snapshot. The volume and the snapshot must be available, and of one size.
/// A failure leaves the volume in error.
FlowId revert_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeId& id,
                     const SnapshotId& snapshot);

/// Gives the volume an image's content. The volume must be available, in error, or with `reserved` reserved, else
/// Error{Conflict}; it is "downloading" meanwhile. A failure leaves it in error.
FlowId reimage_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeId& id,
                      const ImageId& image, bool reserved);

/// An image that is to be made from a volume.
struct ImageRequest {
    ImageId id;
    std::string name;
    std::string disk_format = "raw";
    std::string container_format = "bare";
    std::string visibility = "shared";
    bool is_protected = false;
    bool force = false;  ///< of a volume that is in-use, too
};
/// The volume must be available, or in-use when forced. The image is queued at once; a failure deletes it.
FlowId upload_image(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeId& id,
                    const ImageRequest& request);

/// The volume must be available or in-use. With `may_move` it goes to another backend when its own isn't what the type
/// asks for. Error{InvalidInput} for a type that would make it move otherwise, that is encrypted otherwise, or that
/// would change what a guest sees.
FlowId retype_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeId& id,
                     const std::string& new_type, bool may_move);

/// To a backend that is named as "host@backend" or "host@backend#pool". The volume must be available or in-use;
/// `lock`: an available one is in "maintenance" meanwhile, so that nobody can delete it.
FlowId migrate_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeId& id,
                      const std::string& to, bool lock);

struct NewSnapshot {
    SnapshotId id;
    VolumeId volume;
    std::string name;
    std::string description;
    json::object metadata;
    bool online = false;  ///< also of a volume in use
};
/// The volume must be available, or in use where the request allows it.
FlowId create_snapshot(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const NewSnapshot& request);
/// nullopt when it is gone or already being deleted. One that is being made is cancelled first. The volume may be in
/// use; where the snapshot's layer is of no use any more, the guest merges it while it runs.
std::optional<FlowId> delete_snapshot(db::Transaction& tx, Dependencies& d, const SnapshotId& id,
                                      const std::string& request_id);

}  // namespace virga::volume::flows
