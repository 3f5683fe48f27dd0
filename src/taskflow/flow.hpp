#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "db/database.hpp"

namespace virga::taskflow {

/// A UUID (version 7) that begins with the time, in ms: what flows of the same time write lies together in the
/// database, whose trees grow at their end.
FlowId new_flow_id();

/// What a failed execution means for its flow. The task that failed decides it, once, and everybody obeys.
enum class Consequence {
    RetryHere,  ///< the same task is tried again after a pause
    OtherHost,  ///< the flow reverts; its retry point may send it forward on another host
    Abort,      ///< the flow reverts to its beginning: no host can do it, or nobody wants it any more
};
std::string_view to_string(Consequence consequence);

/// What `code` means when the task has nothing to say about it. `in_time`: the task may still be tried again.
Consequence consequence_of(ErrorCode code, bool in_time);

/// Why a task failed: what is stored, and what reverts are told.
struct Failure {
    ErrorCode code = ErrorCode::Internal;
    std::string message;  ///< may reach users
    std::string detail;   ///< log only
    std::string task;     ///< label of the task that failed: for people, no decision hangs on it
    Consequence consequence = Consequence::Abort;
    std::size_t task_index = 0;  ///< of the task that failed

    bool aborts() const { return consequence == Consequence::Abort; }
};

/// What a task gets. Everything in it survives a restart of the process.
struct TaskContext {
    FlowId flow;
    std::string flow_kind;
    std::size_t task_index = 0;
    std::string task_name;
    int attempt = 1;  ///< counts executions of this task in this pass, from 1
    std::string request_id;
    std::string project_id;
    std::string user_id;
    json::object arg;          ///< of this task, from its TaskSpec
    const json::object& data;  ///< of the flow: FlowSpec::data plus what earlier tasks provided
    db::Database& db;
    bool cancelled = false;  ///< the flow was cancelled (only seen by reverts: a cancelled flow executes no more tasks)
    std::function<bool()> cancel_requested;  ///< asked by long work; true: stop soon by throwing Error{Cancelled}
    /// Told by long work, as often as it likes: how far this task is. Costs no write to the database.
    std::function<void(std::int64_t done_bytes, std::int64_t total_bytes)> report_progress = {};
    /// Throws Error{Cancelled} when the flow is another process's by now. Empty: the database has one process.
    std::function<void(db::Transaction&)> check_owner = {};

    /// What a task writes in a transaction of its own, before a side effect, say: nothing is written, and
    /// Error{Cancelled} thrown, when the flow is another process's by now. See Database::write_with.
    template <class F>
    auto write(F&& function, db::Durability durability = db::Durability::Synced,
               db::Writers writers = db::Writers::Alone) const {
        return db.write_with(
            [&](db::Transaction& tx) {
                if (check_owner) check_owner(tx);
                return function(tx);
            },
            durability, writers);
    }

    /// Whether the flow reverts because this very task failed.
    bool failed_itself(const Failure& failure) const { return failure.task_index == task_index; }

    /// Id of a command to a host, the same for every attempt of this task: hosts use it to join or skip repeats.
    std::string command_id(std::string_view part = "execute") const {
        return flow.value + "/" + std::to_string(task_index) + "/" + std::string(part);
    }
};

/// What a task returns. `apply` runs inside the transaction that also writes the journal row and moves the flow on, so
/// a state change and the record of it can't part. If `apply` throws, the transaction is rolled back and the task
/// failed. It may run more than once (the database may ask for a transaction again), so it changes nothing but `tx`.
struct Outcome {
    std::string decision;   ///< one sentence: what was decided or done, and why; for operators: may name hosts, files
    json::object provides;  ///< merged into the flow's data
    std::function<void(db::Transaction&)> apply;
    /// When set, the flow is parked until these flows have all ended (as success or not), then the task is executed
    /// again.
    std::vector<FlowId> wait_for;
    /// When set, the remaining tasks of the flow are replaced.
    std::optional<std::vector<struct TaskSpec>> then;
    std::string told = {};  ///< the decision as the owner of the resource may read it; empty: he reads nothing
    /// Of `apply`. What moves the flow on does so together with others.
    db::Writers writers = db::Writers::Alone;

    /// A decision that names nothing of a host's: everybody reads the same.
    void tell(std::string sentence) {
        decision = sentence;
        told = std::move(sentence);
    }
};

/// Reaction of a task that a reverting flow has come back to.
enum class OnRevert {
    Continue,      ///< go on reverting earlier tasks
    ExecuteAgain,  ///< go forward again from this task (a retry point: another host, say)
};

struct RevertOutcome {
    std::string decision;
    json::object provides;
    std::function<void(db::Transaction&)> apply;
    std::vector<FlowId> wait_for;
    OnRevert next = OnRevert::Continue;
    db::Writers writers = db::Writers::Alone;  ///< of `apply`
};

/// One kind of task. Stateless: one object serves all flows, from several threads. Both functions may run twice
/// for the same step (after a crash between a side effect and its commit) and must then find what they did before.
class Task {
public:
    virtual ~Task() = default;
    /// Does one thing. Throw Error to fail; retryable codes are tried again with growing pauses as retry_seconds()
    /// allows.
    virtual Outcome execute(const TaskContext& context) = 0;
    /// Undoes just what execute did, also when it failed half-way. A retryable Error is tried again for ever (with
    /// pauses of at most 30 s); another one is recorded and skipped.
    virtual RevertOutcome revert(const TaskContext& context, const Failure& failure);
    /// For how long execute is tried again after a retryable error. 0: not at all.
    virtual int retry_seconds() const { return 60; }
    /// What it means for the flow that execute failed with `code`. `in_time`: retry_seconds() are not over.
    virtual Consequence consequence(ErrorCode code, bool in_time) const { return consequence_of(code, in_time); }
};

/// A step of a flow: a registered task name, a label when the trace should show another name, and its argument.
struct TaskSpec {
    std::string task;
    json::object arg = {};
    std::string label = {};
};

struct FlowSpec {
    FlowId id;             ///< starting a flow whose id exists does nothing
    std::string kind;      ///< "boot_server", "create_volume", ...
    std::string resource;  ///< id of the server, volume, ... that it works on
    std::vector<TaskSpec> tasks;
    json::object data;
    std::string request_id;
    std::string project_id;
    std::string user_id;
    std::optional<FlowId> parent;  ///< shown as part of it by `virga trace`
};

/// How far long work is, in bytes of what it works on.
struct Progress {
    std::int64_t done_bytes = 0;
    std::int64_t total_bytes = 0;  ///< 0: nothing was reported
    int percent() const { return total_bytes > 0 ? static_cast<int>(done_bytes * 100 / total_bytes) : 0; }
};

enum class FlowState { Running, Reverting, Succeeded, Failed };
std::string_view to_string(FlowState state);

struct FlowRecord {
    FlowId id;
    std::string kind;
    std::string resource;
    FlowState state;
    bool cancel_requested = false;
    json::object data;
    std::optional<Failure> failure;
    std::string request_id;
    std::string project_id;
    std::string parent;
    TimestampUs started_us = 0;
    TimestampUs ended_us = 0;  ///< 0 while it runs
};

/// A journal row: one execution or revert of one task.
struct TaskRun {
    std::string flow;
    int task_index = 0;
    std::string task;   ///< label
    std::string phase;  ///< execute, revert
    int attempt = 1;
    TimestampUs started_us = 0;
    TimestampUs ended_us = 0;  ///< 0: running now
    std::string outcome;       ///< success, error, retry, parked, running
    std::string decision;
    std::string error;
    Progress progress = {};  ///< of long work; live while it runs, what it came to afterwards
    std::string told = {};   ///< Outcome::told
};

/// Name to task, and which kinds of flow there are. Filled at start-up, then read only. An unknown task or kind in a
/// FlowSpec fails start() with Error{Internal}.
class Registry {
public:
    void add(std::string name, std::shared_ptr<Task> task);
    void add_kind(std::string kind);
    const std::set<std::string>& kinds() const { return kinds_; }
    Task& get(const std::string& name) const;
    bool contains(const std::string& name) const;
    std::vector<std::string> names() const;

private:
    std::unordered_map<std::string, std::shared_ptr<Task>> tasks_;
    std::set<std::string> kinds_;
};

}  // namespace virga::taskflow
