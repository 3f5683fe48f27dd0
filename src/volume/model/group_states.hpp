#pragma once
#include <string>
#include <vector>

#include "lifecycle/transitions.hpp"

namespace virga::volume {

/// Statuses of volume_groups.
const lifecycle::TransitionTable& group_states();
/// Statuses of volume_group_snapshots.
const lifecycle::TransitionTable& group_snapshot_states();
/// Statuses that an administrator may set on both by reset_status.
const std::vector<std::string>& resettable_group_statuses();

}  // namespace virga::volume
