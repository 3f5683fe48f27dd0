#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "lifecycle/transitions.hpp"

namespace virga::volume {

/// Cinder's volume status table. Every change of volumes.status goes through it.
const lifecycle::TransitionTable& volume_states();
/// Statuses of volume_snapshots.
const lifecycle::TransitionTable& snapshot_states();
/// attach_status of volume_attachments.
const lifecycle::TransitionTable& attachment_states();

/// Statuses that an administrator may set by os-reset_status.
const std::vector<std::string>& resettable_volume_statuses();
const std::vector<std::string>& resettable_snapshot_statuses();
/// Statuses that only last while a flow or an attachment works on the volume.
bool is_transient(std::string_view status);
bool is_error(std::string_view status);

/// Tries the change; when the row's status (or `extra_condition`) forbids it, throws Error{InvalidInput} that names the
/// status it has and those it must have (Cinder: 400), or Error{NotFound}. `refused`: where Cinder answers otherwise.
void require_change(db::Transaction& tx, const lifecycle::TransitionTable& table, std::string_view action,
                    const std::string& id, std::string_view extra_condition = {},
                    ErrorCode refused = ErrorCode::InvalidInput);

/// What a volume's status and attach_status become from the attachments that it has.
struct AttachedStatus {
    std::string status;
    std::string attach_status;
};
/// Cinder's rule: of the attachments without error the alphabetically first attach_status decides; none means detached.
/// A status that attachments have no part in (uploading, deleting, error, ...) is kept. `complete`: the volume's data
/// is there; one that was reserved while its image was still being copied falls back to "downloading".
AttachedStatus status_from_attachments(const std::string& status, const std::vector<std::string>& attach_statuses,
                                       bool complete);

}  // namespace virga::volume
