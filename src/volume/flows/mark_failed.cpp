#include "volume/flows/mark_failed.hpp"

#include "base/public_text.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/repo/backup_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

const std::string& text_of_id(const std::string& id) {
    return id;
}
template <class Id>
const std::string& text_of_id(const Id& id) {
    return id.value;
}

/// Cinder's name of the kind in messages.
const char* resource_type(const VolumeChange&) {
    return "VOLUME";
}
const char* resource_type(const SnapshotChange&) {
    return "VOLUME_SNAPSHOT";
}
const char* resource_type(const BackupChange&) {
    return "VOLUME_BACKUP";
}
const char* resource_type(const GroupChange&) {
    return "GROUP";
}
const char* resource_type(const GroupSnapshotChange&) {
    return "GROUP_SNAPSHOT";
}

void keep_reason(db::Transaction& tx, const VolumeId& id, const std::string& reason) {
    repo::set_error(tx, id, reason);
}
void keep_reason(db::Transaction& tx, const SnapshotId& id, const std::string& reason) {
    repo::set_error(tx, id, reason);
}
void keep_reason(db::Transaction& tx, const BackupId& id, const std::string& reason) {
    repo::set_fail_reason(tx, id, without_paths(reason));
}
/// Of groups, and of snapshots of groups, only the message tells.
void keep_reason(db::Transaction&, const std::string&, const std::string&) {}

}  // namespace

void mark_failed(db::Transaction& tx, const taskflow::TaskContext& context, const taskflow::Failure& failure,
                 const FailureMark& failed) {
    if (failed.always) failed.always(tx);
    std::visit(
        [&](const auto& mark) {
            if (!repo::try_change(tx, *mark.change, mark.id)) return;
            if (failed.when_marked) failed.when_marked(tx);
            keep_reason(tx, mark.id, failure.message);
            tell_user(tx, context, resource_type(*mark.change), text_of_id(mark.id), failed.operation, failure.message);
        },
        failed.mark);
}

taskflow::RevertOutcome revert_marking(const taskflow::TaskContext& context, const taskflow::Failure& failure,
                                       FailureMark failed) {
    taskflow::RevertOutcome outcome;
    outcome.decision = std::visit(
        [&](const auto& mark) {
            return std::string(repo::machine_of(*mark.change).resource) + " becomes " +
                   lifecycle::text_of(*std::get<0>(mark.change->to)) +
                   ", unless it is being deleted: " + failure.message;
        },
        failed.mark);
    outcome.apply = [context_copy = context, failure, failed = std::move(failed)](db::Transaction& tx) {
        mark_failed(tx, context_copy, failure, failed);
    };
    return outcome;
}

}  // namespace virga::volume::flows
