#pragma once
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "taskflow/flow.hpp"

namespace virga::taskflow {

/// Somebody who follows the flows of a resource. Nothing is written or sent when nobody does.
class Watch {
public:
    virtual ~Watch() = default;
    /// Returns when something changed since the last call (or since the watch began), or after `timeout`: false. A task
    /// that began or ended, progress, and the end of a flow are changes.
    virtual bool wait(std::chrono::milliseconds timeout) = 0;
};

/// Runs flows durably, also when several processes share the database (each flow has one owner, by lease): each task's
/// state change, journal row and the step to the next task are one transaction. After a restart every unfinished flow
/// goes on at its first unfinished task. Failpoints stand before and after each task: `<flow kind>.<task>.before`,
/// `.after` (executed, not yet committed), `.committed`, and the same with
/// `.revert.`. It is made of three things: Ledger (what is stored), Executor (tasks on threads), Parking (flows that
/// hold none).
class Runner {
public:
    /// `threads` bounds how many tasks run at once; a parked flow holds no thread.
    Runner(db::Database& database, const Registry& registry, std::size_t threads);
    ~Runner();

    /// A file that is this process's alone, and its successor's: with it, a process that starts goes on at once with
    /// the flows of the one before, also on a database that others share. Set before run().
    void keep_lease_in(const std::filesystem::path& file);
    /// What others know this process by while it is alive; empty where no others can be.
    std::string replica() const;
    /// Whether a replica of that name is alive, as far as the database knows.
    static bool is_alive(db::Transaction& tx, const std::string& replica);
    /// Takes over unfinished flows that no living process has, and starts working; on a shared database also those
    /// whose owners die later. Call once, after all tasks are registered.
    void run();
    /// Lets running tasks end, starts no more. Other processes may go on with the flows at once.
    void stop();
    /// `on_cancel` is called when a flow is cancelled, `on_stop` when the runner stops: to interrupt tasks that wait
    /// for hosts. Set before run().
    void interrupt_with(std::function<void()> on_cancel, std::function<void()> on_stop);

    /// Starts a flow with the transaction `tx`: it exists if and only if `tx` commits. Idempotent by FlowSpec::id.
    void start(db::Transaction& tx, const FlowSpec& spec);
    /// Asks a running flow to revert instead of going on. Nothing happens when it has ended or is reverting.
    void cancel(db::Transaction& tx, const FlowId& flow);
    /// Ids of unfinished flows that work on a resource, oldest first.
    std::vector<FlowId> unfinished(db::Transaction& tx, const std::string& resource);

    std::optional<FlowRecord> find(db::Transaction& tx, const FlowId& flow);
    /// Those of some hundred flows at most that there are, in any order.
    std::vector<FlowRecord> find_all(db::Transaction& tx, const std::vector<FlowId>& flows);
    /// Flows of a resource with their children (depth first), oldest first.
    std::vector<FlowRecord> flows_of(db::Transaction& tx, const std::string& resource);
    std::vector<FlowRecord> children(db::Transaction& tx, const FlowId& flow);
    /// Journal of one flow in order, the running task last.
    std::vector<TaskRun> journal(db::Transaction& tx, const FlowId& flow);

    /// How far the running task of a flow is; nothing when none runs or it reports nothing.
    std::optional<Progress> progress(const FlowId& flow);
    /// Sees every change of a resource's flows, and of flows below them, from now on.
    std::unique_ptr<Watch> watch(const std::string& resource);
    /// Ends all waits of watches at once, now and later: before the program ends.
    void end_watches();

    /// Deletes flows that ended before `time`, with their journals, in small transactions. Returns how many.
    std::int64_t forget_before(TimestampUs time);

    /// Blocks until the flow has ended or the time is over (false). For tests and for synchronous API calls.
    bool wait(const FlowId& flow, std::chrono::milliseconds timeout);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The schema of this module.
const std::vector<db::Migration>& migrations();

}  // namespace virga::taskflow
