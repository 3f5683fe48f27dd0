#include "volume/flows/mark_failed.hpp"

#include "base/public_text.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/model/backup.hpp"
#include "volume/model/group_states.hpp"
#include "volume/model/volume_states.hpp"
#include "volume/repo/backup_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

const lifecycle::TransitionTable& states_of(Marked kind) {
    switch (kind) {
        case Marked::Volume:
            return volume_states();
        case Marked::Snapshot:
            return snapshot_states();
        case Marked::Backup:
            return backup_states();
        case Marked::Group:
            return group_states();
        case Marked::GroupSnapshot:
            return group_snapshot_states();
    }
    return volume_states();
}

/// Cinder's name of the kind in messages.
const char* resource_type(Marked kind) {
    switch (kind) {
        case Marked::Volume:
            return "VOLUME";
        case Marked::Snapshot:
            return "VOLUME_SNAPSHOT";
        case Marked::Backup:
            return "VOLUME_BACKUP";
        case Marked::Group:
            return "GROUP";
        case Marked::GroupSnapshot:
            return "GROUP_SNAPSHOT";
    }
    return "VOLUME";
}

void keep_reason(db::Transaction& tx, const FailureMark& mark, const std::string& reason) {
    switch (mark.kind) {
        case Marked::Volume:
            return repo::set_error(tx, VolumeId(mark.id), reason);
        case Marked::Snapshot:
            return repo::set_error(tx, SnapshotId(mark.id), reason);
        case Marked::Backup:
            return repo::set_fail_reason(tx, BackupId(mark.id), without_paths(reason));
        case Marked::Group:
        case Marked::GroupSnapshot:
            return;  // only the message tells
    }
}

}  // namespace

void mark_failed(db::Transaction& tx, const taskflow::TaskContext& context, const taskflow::Failure& failure,
                 const FailureMark& mark) {
    if (mark.always) mark.always(tx);
    if (!lifecycle::try_change(tx, states_of(mark.kind), mark.transition, mark.id)) return;
    if (mark.when_marked) mark.when_marked(tx);
    keep_reason(tx, mark, failure.message);
    tell_user(tx, context, resource_type(mark.kind), mark.id, mark.operation, failure.message);
}

taskflow::RevertOutcome revert_marking(const taskflow::TaskContext& context, const taskflow::Failure& failure,
                                       FailureMark mark) {
    const auto& states = states_of(mark.kind);
    taskflow::RevertOutcome outcome;
    outcome.decision = states.resource + " becomes " + states.find(mark.transition).to +
                       ", unless it is being deleted: " + failure.message;
    outcome.apply = [context_copy = context, failure, mark = std::move(mark)](db::Transaction& tx) {
        mark_failed(tx, context_copy, failure, mark);
    };
    return outcome;
}

}  // namespace virga::volume::flows
