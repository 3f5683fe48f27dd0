#pragma once
#include <optional>
#include <string>

#include "volume/flows/dependencies.hpp"
#include "volume/model/placement.hpp"
#include "volume/model/records.hpp"

/// A volume moves to another backend of its storage host under its own id, detached or while a guest uses it.
/// docs/design/moving-volumes.md says why it goes this way.
namespace virga::volume::flows {

/// Throws Error{InvalidInput} that begins with `field` when a volume can't be moved, wherever to: it has snapshots, is
/// in a group, or is used in a way that its data can't be taken from under it.
void check_movable(db::Transaction& tx, Dependencies& d, const VolumeRecord& volume, const std::string& field);

/// The backend that the volume goes to: by the scheduler's rules, one of `wanted` that isn't the present one and that
/// is on the same storage host. Throws Error{InvalidInput} that begins with `field` and says why there is none.
Placement choose_target(db::Transaction& tx, Dependencies& d, const VolumeRecord& volume, const VolumeType& type,
                        PlacementRequest wanted, const std::string& field);

/// Takes room on the target and starts the flow of this kind. The caller has checked, and changed the status if it
/// wants to: the flow brings "maintenance" and "retyping" back to what the attachments say. `type`: another one that
/// the volume gets with the move.
FlowId start_move(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const std::string& kind,
                  const VolumeRecord& volume, const Placement& target,
                  const std::optional<VolumeType>& type = std::nullopt);

/// Back to what the volume's attachments say after "retyping": they may have changed meanwhile.
bool end_retyping(db::Transaction& tx, const VolumeId& id);

}  // namespace virga::volume::flows
