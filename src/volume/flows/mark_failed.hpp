#pragma once
#include "taskflow/flow.hpp"

/// The one way in which a flow that failed leaves the resource that it was about.
namespace virga::volume::flows {

enum class Marked { Volume, Snapshot, Backup, Group, GroupSnapshot };

struct FailureMark {
    Marked kind;
    std::string id;
    std::string transition;  ///< of the resource's table: "fail_extend"
    std::string operation;   ///< what the user is told has failed: "extend"
    /// What is given back in any case, before the resource is marked.
    std::function<void(db::Transaction&)> always = {};
    /// What else changes when the resource is marked.
    std::function<void(db::Transaction&)> when_marked = {};
};

/// Moves the resource by `transition`, keeps the reason with it and leaves a message for its user. Nothing happens when
/// the table forbids it by now: whoever deletes the resource owns its state.
void mark_failed(db::Transaction& tx, const taskflow::TaskContext& context, const taskflow::Failure& failure,
                 const FailureMark& mark);
/// The revert that does so.
taskflow::RevertOutcome revert_marking(const taskflow::TaskContext& context, const taskflow::Failure& failure,
                                       FailureMark mark);

}  // namespace virga::volume::flows
