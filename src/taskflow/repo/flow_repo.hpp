#pragma once
#include <optional>
#include <string>
#include <vector>

#include "taskflow/flow.hpp"

/// SQL of flows and their journal. A flow belongs to the process that raised its generation last; every change that
/// an owner makes names the generation it owns, so that one who has lost the flow changes nothing.
namespace virga::taskflow::repo {

/// An unfinished flow as the runner holds it.
struct StoredFlow {
    FlowSpec spec;
    FlowState state = FlowState::Running;
    std::size_t position = 0;  ///< index of the task to execute, or to revert
    std::int64_t runs = 0;     ///< journal rows so far
    std::int64_t generation = 0;
    std::string owner;  ///< id of a lease, empty where nobody needs one
    std::optional<Failure> failure;
    bool cancel_requested = false;

    bool has_ended() const { return state == FlowState::Succeeded || state == FlowState::Failed; }
};

/// Failure::task_index of failures that were stored without one: no task's.
constexpr std::size_t kUnknownTask = static_cast<std::size_t>(-1);

/// False when a flow of this id exists already.
bool insert(db::Transaction& tx, const FlowSpec& spec, const std::string& owner = {});
std::vector<StoredFlow> load_unfinished(db::Transaction& tx);
/// Those whose owner has no lease any more, oldest first, `most` of them.
std::vector<StoredFlow> load_free(db::Transaction& tx, std::int64_t most);
bool any_free(db::Transaction& tx);
/// Raises the generation. False when somebody else has done so since `generation` was read.
bool take_over(db::Transaction& tx, const FlowId& flow, std::int64_t generation, const std::string& owner = {});
/// Unfinished flows of an owner.
std::vector<FlowId> owned(db::Transaction& tx, const std::string& owner);
/// Nothing when the flow has ended or is another owner's.
std::optional<StoredFlow> load_owned(db::Transaction& tx, const FlowId& flow, const std::string& owner);
/// Flows of an owner that run on although they were asked to revert.
std::vector<FlowId> to_cancel(db::Transaction& tx, const std::string& owner);

struct Fence {
    std::int64_t generation = -1;  ///< -1: no such flow
    std::int64_t runs = 0;
    bool cancel_requested = false;
};
Fence fence(db::Transaction& tx, const FlowId& flow);

/// What an update writes beside state, position and failure.
struct Change {
    bool data = false;
    bool tasks = false;
    bool unless_cancelled = false;  ///< writes nothing when the flow was asked to revert
};
/// Writes the flow as it is now, and its end when it has ended. False, and nothing is written, when
/// `flow.generation` is not the flow's any more.
[[nodiscard]] bool update(db::Transaction& tx, const StoredFlow& flow, const Change& change);
void append_run(db::Transaction& tx, const FlowId& flow, std::int64_t sequence, const TaskRun& run);
/// Anybody may ask for this, owner or not. False when the flow does not run (any more) or was asked before.
bool request_cancel(db::Transaction& tx, const FlowId& flow);
/// Also true of a flow that was never there.
bool is_finished(db::Transaction& tx, const FlowId& flow);

/// Deletes at most some hundred flows that ended before `time`, oldest first; returns how many.
std::int64_t forget(db::Transaction& tx, TimestampUs time);

std::optional<FlowRecord> find(db::Transaction& tx, const FlowId& flow);
std::vector<FlowRecord> find_all(db::Transaction& tx, const std::vector<FlowId>& flows);
std::vector<FlowRecord> of_resource(db::Transaction& tx, const std::string& resource);
std::vector<FlowRecord> children(db::Transaction& tx, const FlowId& flow);
std::vector<FlowId> unfinished(db::Transaction& tx, const std::string& resource);
std::vector<TaskRun> journal(db::Transaction& tx, const FlowId& flow);

}  // namespace virga::taskflow::repo
