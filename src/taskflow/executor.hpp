#pragma once
#include <atomic>
#include <memory>

#include "base/fair_pool.hpp"
#include "taskflow/active_flows.hpp"
#include "taskflow/lease.hpp"
#include "taskflow/ledger.hpp"
#include "taskflow/parking.hpp"
#include "taskflow/peers.hpp"

namespace virga::taskflow {

/// Runs the tasks of this process's flows on threads, one task of a flow at a time: calls the task, has the ledger
/// write what came of it, and parks the flow when it has to wait.
class Executor {
public:
    Executor(db::Database& database, const Registry& registry, Ledger& ledger, ActiveFlows& flows, const Lease& lease,
             Peers& peers);

    /// Until then nothing runs, and start() and cancelled() do nothing: whoever takes over finds what was stored.
    void run(std::size_t threads);
    /// No task begins any more; those that run hear that they shall end soon.
    void begin_stop() { stopping_ = true; }
    /// Returns when no task runs.
    void stop();
    bool is_stopping() const { return stopping_; }

    /// Takes a flow that this process owns; nothing happens when its lease doesn't hold any more.
    void start(repo::StoredFlow flow);
    /// Wakes a flow that was asked to revert. False: it isn't one of this process, or knows already.
    bool cancelled(const FlowId& flow);
    /// Lets go of every flow: the lease has run out.
    void abandon_all();
    /// Wakes flows that wait for one of another process which has ended.
    void ended_elsewhere(const FlowId& flow) { parking_.ended(flow); }
    /// The same for all that have ended.
    void look_for_ends();

private:
    enum class Step { Continue, Stop };

    void enqueue(const ActivePtr& active);
    void work_on(const ActivePtr& active);
    Step guarded_step(const ActivePtr& active);
    Step step(const ActivePtr& active);

    Step execute_step(const ActivePtr& active);
    Step execute_failed(const ActivePtr& active, TaskRun& run, const Failure& failure);
    Step execute_later(const ActivePtr& active, TaskRun& run, const Failure& failure);
    Step turn_back(const ActivePtr& active, const Failure& failure, const TaskRun* run = nullptr);
    Step revert_step(const ActivePtr& active);
    Step write_revert(const ActivePtr& active, const TaskRun& run, const RevertOutcome& outcome);
    Step revert_failed(const ActivePtr& active, TaskRun& run, const Failure& problem);

    Step park(const ActivePtr& active, TaskRun& run, const std::vector<FlowId>& flows);
    Step record(const ActivePtr& active, const TaskRun& run, Step next);
    Step moved(const ActivePtr& active, Move move, std::string_view point_suffix);
    Step ended(const ActivePtr& active);
    Step abandon(const ActivePtr& active);

    Task& task_of(const ActivePtr& active) const;
    TaskContext context_of(const ActivePtr& active);
    std::function<void(db::Transaction&)> owner_check(const repo::StoredFlow& flow) const;

    db::Database& db_;
    const Registry& registry_;
    Ledger& ledger_;
    ActiveFlows& flows_;
    const Lease& lease_;
    Peers& peers_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::unique_ptr<FairPool> pool_;
    Parking parking_;
};

}  // namespace virga::taskflow
