#pragma once
#include <functional>
#include <vector>

#include "taskflow/repo/flow_repo.hpp"

namespace virga::taskflow {

/// What became of a step that was to be written.
enum class Fate {
    Written,
    Cancelled,  ///< nothing was written: the flow was asked to revert instead of going on
    /// Nothing was written: the flow is another process's now, or further than this process knows (a commit whose
    /// connection broke was done).
    TakenOver,
};

/// A step, and the flow as it is after it (as it was before, unless Written).
struct Move {
    Fate fate = Fate::Written;
    repo::StoredFlow flow;
};

/// What of flows is persisted: journal, moves and the fence that keeps out a former owner. Each function is one
/// transaction, or part of the caller's. The step of a flow is written last in its transaction, after what the task
/// applies: rows of resources are always locked before those of flows.
class Ledger {
public:
    explicit Ledger(db::Database& database) : db_(database) {}

    /// Makes this process the owner of all unfinished flows, oldest first. Former owners can write no more.
    std::vector<repo::StoredFlow> take_over();
    /// Gives the flows whose owners have no lease any more to the lease `owner`: some hundred at most, oldest first.
    /// Leases that were not renewed for `age_us` end; nothing is given to `owner` when its own has ended.
    std::vector<repo::StoredFlow> claim(const std::string& owner, std::int64_t age_us);
    std::vector<FlowId> to_cancel(const std::string& owner);
    /// Unfinished flows of a lease.
    std::vector<FlowId> owned(const std::string& owner);
    /// Makes `owner` the owner of its own flows anew, as they are stored now; without those that have ended.
    std::vector<repo::StoredFlow> own_anew(const std::string& owner, const std::vector<FlowId>& flows);
    /// Throws Error{Cancelled} when the flow isn't of this generation any more.
    static void check_owner(db::Transaction& tx, const FlowId& flow, std::int64_t generation);

    /// The task at the flow's position has succeeded. Throws what outcome.apply throws, unless the flow isn't this
    /// process's any more or is cancelled.
    Move forward(const repo::StoredFlow& flow, TaskRun run, const Outcome& outcome);
    /// The flow begins to revert. `run`: the failed execution, if there was one. The result tells whether the flow
    /// was cancelled, also when another process heard of it.
    Move turn_back(const repo::StoredFlow& flow, const TaskRun* run, const Failure& failure);
    /// The task at the flow's position is reverted. `again`: the flow goes forward from there.
    Move backward(const repo::StoredFlow& flow, const TaskRun& run, const RevertOutcome& outcome, bool again);
    /// A try that did not move the flow.
    Move record(const repo::StoredFlow& flow, const TaskRun& run);

    /// Whether a flow has ended (or never was), as of now.
    bool has_ended(const FlowId& flow);
    /// In small transactions, until none is left that ended before `time` or `stop` says so.
    std::int64_t forget_before(TimestampUs time, const std::function<bool()>& stop);

private:
    Fate standing(const repo::StoredFlow& flow);
    template <class F>
    Move write(const repo::StoredFlow& before, bool unless_cancelled, db::Writers writers, F&& step);

    db::Database& db_;
};

}  // namespace virga::taskflow
