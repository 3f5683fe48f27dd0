#pragma once
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <unordered_map>

#include "taskflow/repo/flow_repo.hpp"
#include "taskflow/watches.hpp"

namespace virga::taskflow {

/// A flow that this process owns and hasn't ended. Only the thread that executes it reads `flow`, `attempt` and
/// `first_attempt_us` freely, and it changes them by ActiveFlows only.
struct Active {
    explicit Active(repo::StoredFlow stored) : id(stored.spec.id), owner(stored.owner), flow(std::move(stored)) {}

    const FlowId id;          ///< any thread may read it
    const std::string owner;  ///< and this: the lease under which the process has it
    repo::StoredFlow flow;
    int attempt = 1;
    std::int64_t first_attempt_us = 0;  ///< of the present task by monotonic_us(), 0: not tried yet
    std::atomic<bool> cancel{false};

    const TaskSpec& task() const { return flow.spec.tasks[flow.position]; }
    const std::string& label() const { return task().label.empty() ? task().task : task().label; }
    /// Name of a failpoint of the present task.
    std::string point(std::string_view suffix) const { return flow.spec.kind + "." + label() + std::string(suffix); }

private:
    friend class ActiveFlows;
    bool queued = false;             ///< posted to the pool or running
    bool run_again = false;          ///< something happened while it ran
    bool gone = false;               ///< ended or taken over: a late timer must not run it again
    std::optional<TaskRun> current;  ///< the task that runs now
};
using ActivePtr = std::shared_ptr<Active>;

/// The flows of this process, what of them runs now, and who follows them.
class ActiveFlows {
public:
    /// The flow of that id which is there already, if one is, unless it was taken over since.
    ActivePtr adopt(repo::StoredFlow flow);
    ActivePtr find(const FlowId& flow);
    std::vector<ActivePtr> all();
    /// It has ended, or is another process's now.
    void forget(const ActivePtr& active);
    /// Waits until the flow isn't this process's and changes() is more than `seen`, or until `time`: false.
    bool wait_for_change(const FlowId& flow, std::uint64_t seen, std::chrono::steady_clock::time_point time);
    /// How often a flow was forgotten, or others may have changed.
    std::uint64_t changes();
    /// Whoever waits for the end of flows of other processes looks again.
    void others_may_have_changed();

    /// True: the caller posts it to a thread. False: a thread has it and will look again, or it is gone.
    bool queue(const ActivePtr& active);
    /// Asked by the thread that has it when nothing more is to be done: true, it looks again; false, it has let go.
    bool look_again(const ActivePtr& active, bool stopping);

    /// A task of it begins to run.
    TaskRun begin_run(const ActivePtr& active, const char* phase);
    /// No task of it runs.
    void end_run(const ActivePtr& active);
    /// The flow as it was written; its next task begins with its first attempt.
    void advance(const ActivePtr& active, repo::StoredFlow next);
    /// The flow as it was written by a step that did not move it.
    void recorded(const ActivePtr& active, repo::StoredFlow flow);
    void set_progress(const ActivePtr& active, const Progress& progress);
    /// What the running task reported, into its row.
    void keep_progress(const ActivePtr& active, TaskRun& run);
    std::optional<TaskRun> current(const FlowId& flow);

    /// Tells those who follow the flow's resource, or that of a flow above it.
    void tell(const ActivePtr& active);
    Watches& watches() { return watches_; }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t changes_ = 0;
    std::unordered_map<std::string, ActivePtr> flows_;
    Watches watches_;
};

}  // namespace virga::taskflow
