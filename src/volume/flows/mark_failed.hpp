#pragma once
#include <variant>

#include "taskflow/flow.hpp"
#include "volume/repo/change_repo.hpp"

/// The one way in which a flow that failed leaves the resource that it was about.
namespace virga::volume::flows {

/// A resource, and the change that marks it: one that lives as long as the program.
template <class Change, class Id>
struct Mark {
    const Change* change;
    Id id;
};

template <class Change, class Id>
Mark<Change, Id> mark(const Change& change, const Id& id) {
    return {&change, id};
}

struct FailureMark {
    std::variant<Mark<VolumeChange, VolumeId>, Mark<SnapshotChange, SnapshotId>, Mark<BackupChange, BackupId>,
                 Mark<GroupChange, std::string>, Mark<GroupSnapshotChange, std::string>>
        mark;
    std::string operation;  ///< what the user is told has failed: "extend"
    /// What is given back in any case, before the resource is marked.
    std::function<void(db::Transaction&)> always = {};
    /// What else changes when the resource is marked.
    std::function<void(db::Transaction&)> when_marked = {};
};

/// Makes the change, keeps the reason with the resource and leaves a message for its user. Nothing happens when the
/// change isn't allowed by now: whoever deletes the resource owns its state.
void mark_failed(db::Transaction& tx, const taskflow::TaskContext& context, const taskflow::Failure& failure,
                 const FailureMark& failed);
/// The revert that does so.
taskflow::RevertOutcome revert_marking(const taskflow::TaskContext& context, const taskflow::Failure& failure,
                                       FailureMark failed);

}  // namespace virga::volume::flows
