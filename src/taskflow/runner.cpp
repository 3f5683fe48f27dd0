#include "taskflow/runner.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/thread_pool.hpp"
#include "taskflow/store.hpp"
#include "taskflow/timer.hpp"
#include "taskflow/watches.hpp"

namespace virga::taskflow {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestExecutePause{5'000};
constexpr milliseconds kLongestRevertPause{30'000};

milliseconds pause_before(int attempt, milliseconds longest) {
    auto pause = kFirstPause;
    for (int i = 1; i < attempt && pause < longest; ++i) pause *= 2;
    return std::min(pause, longest);
}

/// Retries that go on for days must not fill the journal: the first ten, then each power of two.
bool worth_a_row(int attempt) {
    return attempt <= 10 || (attempt & (attempt - 1)) == 0;
}

/// A flow in this process. Only the thread that runs it touches `flow`; the rest is shared.
struct Active {
    store::StoredFlow flow;
    int attempt = 1;
    TimestampUs first_attempt_us = 0;  ///< of the present task, 0: not tried yet
    std::atomic<bool> cancel{false};

    // Guarded by the runner's mutex:
    bool queued = false;             ///< posted to the pool or running
    bool run_again = false;          ///< something happened while it ran
    bool finished = false;           ///< ended or taken over: a late timer must not run it again
    std::set<std::string> waits;     ///< unfinished flows that it is parked on
    std::optional<TaskRun> current;  ///< the task that runs now

    const TaskSpec& task() const { return flow.spec.tasks[flow.position]; }
    const std::string& label() const { return task().label.empty() ? task().task : task().label; }
};
using ActivePtr = std::shared_ptr<Active>;

enum class Step { Continue, Stop };

}  // namespace

struct Runner::Impl {
    Impl(db::Database& database, const Registry& task_registry, std::size_t thread_count)
        : db(database), registry(task_registry), threads(thread_count) {}

    // ---- scheduling

    void enqueue(const ActivePtr& active) {
        {
            const std::lock_guard lock(mutex);
            if (!pool) return;
            if (active->queued) {
                active->run_again = true;
                return;
            }
            active->queued = true;
        }
        pool->post([this, active] { run_flow(active); });
    }

    void run_flow(const ActivePtr& active) {
        for (;;) {
            while (!stopping && guarded_step(active) == Step::Continue) {
            }
            const std::lock_guard lock(mutex);
            if (!active->run_again || stopping) {
                active->queued = false;
                return;
            }
            active->run_again = false;
        }
    }

    /// A commit that fails (disk full, say) must not end the program nor lose the flow: it is tried again later.
    Step guarded_step(const ActivePtr& active) {
        try {
            return step(active);
        } catch (const std::exception& failure) {
            log::error("flow step could not be recorded",
                       {{"flow", active->flow.spec.id.value}, {"error", std::string(failure.what())}});
            later(active, kLongestExecutePause);
            return Step::Stop;
        }
    }

    void later(const ActivePtr& active, milliseconds pause) {
        timer.after(pause, [this, active] { enqueue(active); });
    }

    Step step(const ActivePtr& active) {
        {
            const std::lock_guard lock(mutex);
            if (active->finished || (!active->waits.empty() && !active->cancel)) return Step::Stop;
            active->waits.clear();
        }
        auto& flow = active->flow;
        if (flow.state == FlowState::Reverting) return revert_step(active);
        if (active->cancel)
            return begin_revert(active, {ErrorCode::Cancelled, "the request was cancelled", {}, active->label()});
        if (flow.position >= flow.spec.tasks.size()) return finish(active, FlowState::Succeeded);
        return execute_step(active);
    }

    // ---- forward

    TaskContext context_of(const ActivePtr& active) {
        const auto& flow = active->flow;
        return {flow.spec.id,
                flow.spec.kind,
                flow.position,
                active->label(),
                active->attempt,
                flow.spec.request_id,
                flow.spec.project_id,
                flow.spec.user_id,
                active->task().arg,
                flow.spec.data,
                db,
                active->cancel.load(),
                [active, this] { return active->cancel.load() || stopping.load(); },
                [active, this](std::int64_t done, std::int64_t total) {
                    set_progress(active, {done, total});
                }};
    }

    void set_progress(const ActivePtr& active, const Progress& progress) {
        {
            const std::lock_guard lock(mutex);
            if (!active->current || progress.total_bytes <= 0) return;
            active->current->progress = progress;
        }
        tell(active);
    }

    /// What the running task reported, into its row.
    void keep_progress(const ActivePtr& active, TaskRun& run) {
        const std::lock_guard lock(mutex);
        if (active->current) run.progress = active->current->progress;
    }

    /// Tells those who follow the flow's resource, or that of a flow above it.
    void tell(const ActivePtr& active) {
        if (!watches.any()) return;
        std::vector<std::string> resources;
        {
            const std::lock_guard lock(mutex);
            for (auto next = active; next;) {
                resources.push_back(next->flow.spec.resource);
                const auto& parent = next->flow.spec.parent;
                const auto found = parent ? actives.find(parent->value) : actives.end();
                next = found == actives.end() ? nullptr : found->second;
            }
        }
        watches.changed(resources);
    }

    std::string point(const ActivePtr& active, std::string_view suffix) {
        return active->flow.spec.kind + "." + active->label() + std::string(suffix);
    }

    TaskRun begin_run(const ActivePtr& active, const char* phase) {
        TaskRun run{active->flow.spec.id.value,
                    static_cast<int>(active->flow.position),
                    active->label(),
                    phase,
                    active->attempt,
                    now_us(),
                    0,
                    "running",
                    {},
                    {}};
        {
            const std::lock_guard lock(mutex);
            if (active->first_attempt_us == 0) active->first_attempt_us = run.started_us;
            active->current = run;
        }
        tell(active);
        return run;
    }

    Step execute_step(const ActivePtr& active) {
        auto run = begin_run(active, "execute");
        std::optional<Failure> failure;
        Outcome outcome;
        try {
            failpoint(point(active, ".before"));
            outcome = registry.get(active->task().task).execute(context_of(active));
            failpoint(point(active, ".after"));
            run.ended_us = now_us();
            run.decision = outcome.decision;
            if (!outcome.wait_for.empty()) return park(active, run, outcome.wait_for);
            return commit_forward(active, run, outcome);
        } catch (const Error& error) {
            failure = Failure{error.code(), error.message(), error.detail(), active->label()};
        } catch (const std::exception& error) {
            failure = Failure{ErrorCode::Internal, "internal error", error.what(), active->label()};
        }
        run.ended_us = now_us();
        return execute_failed(active, run, *failure);
    }

    Step commit_forward(const ActivePtr& active, TaskRun& run, Outcome& outcome) {
        auto& flow = active->flow;
        auto next = flow;
        auto tx = db.write(db::Durability::Grouped);
        const auto fence = store::fence(tx, flow.spec.id);
        if (fence.generation != flow.generation) return abandon(active);
        if (fence.cancel_requested) {
            active->cancel = true;
            throw Error(ErrorCode::Cancelled, "the request was cancelled");
        }
        if (outcome.apply) outcome.apply(tx);
        for (const auto& [key, value] : outcome.provides) next.spec.data[key] = value;
        if (outcome.then) {
            next.spec.tasks.resize(flow.position + 1);
            for (auto& task : *outcome.then) next.spec.tasks.push_back(std::move(task));
        }
        run.outcome = "success";
        keep_progress(active, run);
        store::append_run(tx, flow.spec.id, next.runs++, run);
        ++next.position;
        const bool last = next.position >= next.spec.tasks.size();
        store::update(tx, next, !outcome.provides.empty(), outcome.then.has_value());
        if (last) store::finish(tx, next, FlowState::Succeeded);
        tx.commit();
        failpoint_after_commit(active, ".committed");
        advance(active, std::move(next));
        if (last) return ended_flow(active);
        return Step::Continue;
    }

    Step execute_failed(const ActivePtr& active, TaskRun& run, const Failure& failure) {
        auto& flow = active->flow;
        run.error = failure.message;
        keep_progress(active, run);
        const auto& task = registry.get(active->task().task);
        const bool in_time = now_us() - active->first_attempt_us < std::int64_t{task.retry_seconds()} * 1'000'000;
        if (stopping && failure.code == ErrorCode::Cancelled && !active->cancel) return Step::Stop;
        if (is_retryable(failure.code) && in_time && !active->cancel) {
            run.outcome = "retry";
            record_only(active, run);
            log::info("task will be tried again", {{"flow", flow.spec.id.value},
                                                   {"task", active->label()},
                                                   {"attempt", active->attempt},
                                                   {"error", failure.message}});
            later(active, pause_before(active->attempt++, kLongestExecutePause));
            return Step::Stop;
        }
        log::warning("task failed", {{"flow", flow.spec.id.value},
                                     {"kind", flow.spec.kind},
                                     {"resource", flow.spec.resource},
                                     {"task", active->label()},
                                     {"code", to_string(failure.code)},
                                     {"error", failure.message},
                                     {"detail", failure.detail}});
        run.outcome = failure.code == ErrorCode::Cancelled ? "cancelled" : "error";
        return begin_revert(active, failure, &run);
    }

    Step park(const ActivePtr& active, TaskRun& run, const std::vector<FlowId>& flows) {
        auto& flow = active->flow;
        {
            auto tx = db.write(db::Durability::Grouped);
            // The end of a flow is committed under the same writer lock, so none can be missed in between.
            std::set<std::string> waits;
            for (const auto& id : flows) {
                if (!store::is_finished(tx, id)) waits.insert(id.value);
            }
            const std::lock_guard lock(mutex);
            active->current.reset();
            if (waits.empty()) return Step::Continue;
            active->waits = waits;
            for (const auto& id : waits) waiters[id].push_back(active);
        }
        if (active->attempt++ == 1) {
            run.outcome = "parked";
            record_only(active, run);
        }
        log::debug("flow waits for others", {{"flow", flow.spec.id.value}, {"task", active->label()}});
        return Step::Stop;
    }

    void record_only(const ActivePtr& active, const TaskRun& run) {
        if (!worth_a_row(run.attempt)) return;
        auto& flow = active->flow;
        auto tx = db.write(db::Durability::Grouped);
        if (store::fence(tx, flow.spec.id).generation != flow.generation) return;
        store::append_run(tx, flow.spec.id, flow.runs, run);
        ++flow.runs;
        store::update(tx, flow, false, false);
        tx.commit();
    }

    // ---- backward

    Step begin_revert(const ActivePtr& active, const Failure& failure, const TaskRun* run = nullptr) {
        auto& flow = active->flow;
        auto next = flow;
        next.state = FlowState::Reverting;
        next.failure = failure;
        // A cancelled flow whose next task has not begun still reverts it: reverting what was not done must be
        // harmless.
        if (next.position >= next.spec.tasks.size()) next.position = next.spec.tasks.size() - 1;
        auto tx = db.write(db::Durability::Grouped);
        if (store::fence(tx, flow.spec.id).generation != flow.generation) return abandon(active);
        if (run != nullptr) store::append_run(tx, flow.spec.id, next.runs++, *run);
        store::update(tx, next, false, false);
        tx.commit();
        failpoint_after_commit(active, ".failed");
        advance(active, std::move(next));
        return Step::Continue;
    }

    Step revert_step(const ActivePtr& active) {
        auto run = begin_run(active, "revert");
        Failure problem;
        try {
            failpoint(point(active, ".revert.before"));
            auto outcome = registry.get(active->task().task).revert(context_of(active), *active->flow.failure);
            failpoint(point(active, ".revert.after"));
            run.ended_us = now_us();
            run.decision = outcome.decision;
            if (!outcome.wait_for.empty()) return park(active, run, outcome.wait_for);
            return commit_backward(active, run, outcome);
        } catch (const Error& error) {
            problem = {error.code(), error.message(), error.detail(), {}};
        } catch (const std::exception& error) {
            problem = {ErrorCode::Internal, "internal error", error.what(), {}};
        }
        return revert_failed(active, run, problem);
    }

    Step commit_backward(const ActivePtr& active, TaskRun& run, RevertOutcome& outcome) {
        auto& flow = active->flow;
        auto next = flow;
        auto tx = db.write(db::Durability::Grouped);
        if (store::fence(tx, flow.spec.id).generation != flow.generation) return abandon(active);
        if (outcome.apply) outcome.apply(tx);
        for (const auto& [key, value] : outcome.provides) next.spec.data[key] = value;
        if (run.outcome == "running") run.outcome = "success";
        store::append_run(tx, flow.spec.id, next.runs++, run);
        const bool again = outcome.next == OnRevert::ExecuteAgain && !active->cancel;
        const bool last = !again && next.position == 0;
        if (again) {
            next.state = FlowState::Running;
            next.failure.reset();
        } else if (!last) {
            --next.position;
        }
        store::update(tx, next, !outcome.provides.empty(), false);
        if (last) store::finish(tx, next, FlowState::Failed);
        tx.commit();
        failpoint_after_commit(active, ".revert.committed");
        advance(active, std::move(next));
        if (last) return ended_flow(active);
        return Step::Continue;
    }

    Step revert_failed(const ActivePtr& active, TaskRun& run, const Failure& problem) {
        run.ended_us = now_us();
        run.error = problem.message;
        if (stopping) return Step::Stop;
        log::warning("revert failed", {{"flow", active->flow.spec.id.value},
                                       {"task", active->label()},
                                       {"attempt", active->attempt},
                                       {"error", problem.message},
                                       {"detail", problem.detail}});
        if (is_retryable(problem.code)) {
            run.outcome = "retry";
            record_only(active, run);
            later(active, pause_before(active->attempt++, kLongestRevertPause));
            return Step::Stop;
        }
        run.outcome = "error";
        RevertOutcome skipped;
        return commit_backward(active, run, skipped);
    }

    // ---- ends

    void advance(const ActivePtr& active, store::StoredFlow&& next) {
        {
            const std::lock_guard lock(mutex);
            active->flow = std::move(next);
            active->attempt = 1;
            active->first_attempt_us = 0;
            active->current.reset();
        }
        tell(active);
    }

    void failpoint_after_commit(const ActivePtr& active, std::string_view suffix) {
        try {
            failpoint(point(active, suffix));
        } catch (const Error& error) {
            log::warning("failpoint after a commit can't fail the task", {{"error", error.message()}});
        }
    }

    Step finish(const ActivePtr& active, FlowState state) {
        auto tx = db.write(db::Durability::Grouped);
        store::finish(tx, active->flow, state);
        tx.commit();
        return ended_flow(active);
    }

    Step ended_flow(const ActivePtr& active) {
        tell(active);  // while the flows above it can still be found
        const auto id = active->flow.spec.id.value;
        std::vector<ActivePtr> woken;
        {
            const std::lock_guard lock(mutex);
            actives.erase(id);
            active->finished = true;
            for (auto& waiter : waiters[id]) {
                if (waiter->waits.erase(id) > 0 && waiter->waits.empty()) woken.push_back(waiter);
            }
            waiters.erase(id);
        }
        ended.notify_all();
        for (auto& waiter : woken) enqueue(waiter);
        return Step::Stop;
    }

    /// Another process has taken the flow over: this one forgets it.
    Step abandon(const ActivePtr& active) {
        log::warning("flow was taken over", {{"flow", active->flow.spec.id.value}});
        const std::lock_guard lock(mutex);
        actives.erase(active->flow.spec.id.value);
        active->finished = true;
        return Step::Stop;
    }

    ActivePtr adopt(store::StoredFlow flow) {
        auto active = std::make_shared<Active>();
        active->cancel = flow.cancel_requested && flow.state == FlowState::Running;
        active->flow = std::move(flow);
        const std::lock_guard lock(mutex);
        return actives.emplace(active->flow.spec.id.value, active).first->second;
    }

    ActivePtr find_active(const std::string& id) {
        const std::lock_guard lock(mutex);
        const auto found = actives.find(id);
        return found == actives.end() ? nullptr : found->second;
    }

    db::Database& db;
    const Registry& registry;
    std::size_t threads;
    std::atomic<bool> stopping{false};
    std::mutex mutex;
    std::condition_variable ended;
    std::unordered_map<std::string, ActivePtr> actives;
    std::unordered_map<std::string, std::vector<ActivePtr>> waiters;
    Watches watches;
    Timer timer;
    std::unique_ptr<ThreadPool> pool;
    std::function<void()> on_cancel;
    std::function<void()> on_stop;
};

Runner::Runner(db::Database& database, const Registry& registry, std::size_t threads)
    : impl_(std::make_unique<Impl>(database, registry, threads)) {}

Runner::~Runner() {
    stop();
}

void Runner::run() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->pool = std::make_unique<ThreadPool>("flow", impl_->threads);
    }
    auto tx = impl_->db.write(db::Durability::Grouped);
    auto flows = store::load_unfinished(tx);
    for (auto& flow : flows) store::set_generation(tx, flow.spec.id, ++flow.generation);
    tx.commit();
    for (auto& flow : flows) {
        log::info("flow goes on",
                  {{"flow", flow.spec.id.value}, {"kind", flow.spec.kind}, {"resource", flow.spec.resource}});
        impl_->enqueue(impl_->adopt(std::move(flow)));
    }
}

void Runner::stop() {
    impl_->stopping = true;
    if (auto interrupt = std::move(impl_->on_stop)) interrupt();
    impl_->timer.stop();
    std::unique_ptr<ThreadPool> pool;
    {
        const std::lock_guard lock(impl_->mutex);
        pool = std::move(impl_->pool);
    }
    if (pool) pool->stop();
}

void Runner::interrupt_with(std::function<void()> on_cancel, std::function<void()> on_stop) {
    impl_->on_cancel = std::move(on_cancel);
    impl_->on_stop = std::move(on_stop);
}

void Runner::start(db::Transaction& tx, const FlowSpec& spec) {
    if (spec.tasks.empty()) throw Error(ErrorCode::Internal, "flow " + spec.kind + " has no tasks");
    for (const auto& task : spec.tasks) impl_->registry.get(task.task);
    if (!store::insert(tx, spec)) return;
    store::StoredFlow flow;
    flow.spec = spec;
    tx.after_commit([this, flow = std::move(flow)] {
        {
            const std::lock_guard lock(impl_->mutex);
            if (!impl_->pool) return;  // run() finds it
        }
        const auto active = impl_->adopt(flow);
        impl_->tell(active);
        impl_->enqueue(active);
    });
}

void Runner::cancel(db::Transaction& tx, const FlowId& flow) {
    if (!store::request_cancel(tx, flow)) return;
    tx.after_commit([this, id = flow.value] {
        const auto active = impl_->find_active(id);
        if (!active) return;
        active->cancel = true;
        if (impl_->on_cancel) impl_->on_cancel();
        impl_->enqueue(active);
    });
}

std::vector<FlowId> Runner::unfinished(db::Transaction& tx, const std::string& resource) {
    return store::unfinished(tx, resource);
}

std::optional<FlowRecord> Runner::find(db::Transaction& tx, const FlowId& flow) {
    return store::find(tx, flow);
}

std::vector<FlowRecord> Runner::flows_of(db::Transaction& tx, const std::string& resource) {
    std::vector<FlowRecord> out;
    std::vector<FlowRecord> todo = store::of_resource(tx, resource);
    std::reverse(todo.begin(), todo.end());
    while (!todo.empty()) {
        out.push_back(std::move(todo.back()));
        todo.pop_back();
        auto below = store::children(tx, out.back().id);
        for (auto child = below.rbegin(); child != below.rend(); ++child) todo.push_back(std::move(*child));
    }
    return out;
}

std::vector<FlowRecord> Runner::children(db::Transaction& tx, const FlowId& flow) {
    return store::children(tx, flow);
}

std::vector<TaskRun> Runner::journal(db::Transaction& tx, const FlowId& flow) {
    auto runs = store::journal(tx, flow);
    const auto active = impl_->find_active(flow.value);
    if (!active) return runs;
    const std::lock_guard lock(impl_->mutex);
    if (active->current) runs.push_back(*active->current);
    return runs;
}

std::optional<Progress> Runner::progress(const FlowId& flow) {
    const auto active = impl_->find_active(flow.value);
    if (!active) return std::nullopt;
    const std::lock_guard lock(impl_->mutex);
    if (!active->current || active->current->progress.total_bytes == 0) return std::nullopt;
    return active->current->progress;
}

std::unique_ptr<Watch> Runner::watch(const std::string& resource) {
    return impl_->watches.watch(resource);
}

void Runner::end_watches() {
    impl_->watches.end();
}

std::int64_t Runner::forget_before(TimestampUs time) {
    std::int64_t sum = 0;
    for (;;) {
        const auto forgotten =
            impl_->db.write_with([&](db::Transaction& tx) { return store::forget(tx, time); }, db::Durability::Grouped);
        sum += forgotten;
        if (forgotten == 0 || impl_->stopping) return sum;
    }
}

bool Runner::wait(const FlowId& flow, milliseconds timeout) {
    {
        auto tx = impl_->db.read();
        if (store::is_finished(tx, flow)) return true;
    }
    std::unique_lock lock(impl_->mutex);
    return impl_->ended.wait_for(lock, timeout, [&] { return impl_->actives.count(flow.value) == 0; });
}

}  // namespace virga::taskflow
