#include "taskflow/executor.hpp"

#include <algorithm>

#include "base/failpoint.hpp"
#include "base/log.hpp"

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

std::string point(const ActivePtr& active, std::string_view suffix) {
    return active->flow.spec.kind + "." + active->label() + std::string(suffix);
}

void failpoint_after_commit(const std::string& name) {
    try {
        failpoint(name);
    } catch (const Error& error) {
        log::warning("failpoint after a commit can't fail the task", {{"error", error.message()}});
    }
}

/// For administrators, who alone see it.
std::string whole_text(const Failure& failure) {
    return failure.detail.empty() ? failure.message : failure.message + " (" + failure.detail + ")";
}

Failure failure_of(const std::exception& exception) {
    if (const auto* error = dynamic_cast<const Error*>(&exception))
        return {error->code(), error->message(), error->detail(), {}};
    return {ErrorCode::Internal, "internal error", exception.what(), {}};
}

}  // namespace

Executor::Executor(db::Database& database, const Registry& registry, Ledger& ledger, ActiveFlows& flows)
    : db_(database), registry_(registry), ledger_(ledger), flows_(flows), parking_([this](const ActivePtr& active) {
          enqueue(active);
      }) {}

void Executor::run(std::size_t threads) {
    const std::lock_guard lock(mutex_);
    pool_ = std::make_unique<ThreadPool>("flow", threads);
}

void Executor::stop() {
    stopping_ = true;
    parking_.stop();
    std::unique_ptr<ThreadPool> pool;
    {
        const std::lock_guard lock(mutex_);
        pool = std::move(pool_);
    }
    if (pool) pool->stop();
}

void Executor::start(repo::StoredFlow flow) {
    {
        const std::lock_guard lock(mutex_);
        if (!pool_) return;
    }
    const auto active = flows_.adopt(std::move(flow));
    flows_.tell(active);
    enqueue(active);
}

bool Executor::cancelled(const FlowId& flow) {
    const auto active = flows_.find(flow);
    if (!active) return false;
    active->cancel = true;
    enqueue(active);
    return true;
}

// ---- threads

void Executor::enqueue(const ActivePtr& active) {
    const std::lock_guard lock(mutex_);
    if (pool_ && flows_.queue(active)) pool_->post([this, active] { work_on(active); });
}

void Executor::work_on(const ActivePtr& active) {
    do {
        while (!stopping_ && guarded_step(active) == Step::Continue) {
        }
    } while (flows_.look_again(active, stopping_));
}

/// A commit that fails (disk full, say) must not end the program nor lose the flow: it is tried again later.
Executor::Step Executor::guarded_step(const ActivePtr& active) {
    try {
        return step(active);
    } catch (const std::exception& failure) {
        log::error("flow step could not be recorded",
                   {{"flow", active->id.value}, {"error", std::string(failure.what())}});
        parking_.pause(active, kLongestExecutePause);
        return Step::Stop;
    }
}

Executor::Step Executor::step(const ActivePtr& active) {
    const auto& flow = active->flow;
    const bool turns_back = active->cancel && flow.state == FlowState::Running;
    if (turns_back) parking_.leave(active);
    if (flow.has_ended() || parking_.is_parked(active)) return Step::Stop;
    if (flow.state == FlowState::Reverting) return revert_step(active);
    if (!turns_back) return execute_step(active);
    Failure failure{ErrorCode::Cancelled, "the request was cancelled", {}, active->label()};
    failure.task_index = flow.position;
    return turn_back(active, failure);
}

Task& Executor::task_of(const ActivePtr& active) const {
    return registry_.get(active->task().task);
}

TaskContext Executor::context_of(const ActivePtr& active) {
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
            db_,
            active->cancel.load(),
            [active, this] { return active->cancel.load() || stopping_.load(); },
            [active, this](std::int64_t done, std::int64_t total) {
                flows_.set_progress(active, {done, total});
            }};
}

// ---- forward

Executor::Step Executor::execute_step(const ActivePtr& active) {
    auto run = flows_.begin_run(active, "execute");
    Failure failure;
    try {
        failpoint(point(active, ".before"));
        const auto outcome = task_of(active).execute(context_of(active));
        failpoint(point(active, ".after"));
        run.ended_us = now_us();
        run.decision = outcome.decision;
        if (!outcome.wait_for.empty()) return park(active, run, outcome.wait_for);
        flows_.keep_progress(active, run);
        auto move = ledger_.forward(active->flow, run, outcome);
        if (move.fate != Fate::Cancelled) return moved(active, std::move(move), ".committed");
        active->cancel = true;
        failure = {ErrorCode::Cancelled, "the request was cancelled", {}, {}};
    } catch (const std::exception& exception) {
        failure = failure_of(exception);
    }
    run.ended_us = now_us();
    failure.task = active->label();
    failure.task_index = active->flow.position;
    return execute_failed(active, run, failure);
}

Executor::Step Executor::execute_failed(const ActivePtr& active, TaskRun& run, const Failure& failure) {
    run.error = whole_text(failure);
    flows_.keep_progress(active, run);
    if (stopping_ && failure.code == ErrorCode::Cancelled && !active->cancel) return Step::Stop;
    const auto& task = task_of(active);
    const bool in_time = now_us() - active->first_attempt_us < std::int64_t{task.retry_seconds()} * 1'000'000;
    auto judged = failure;
    judged.consequence = task.consequence(failure.code, in_time && !active->cancel);
    if (judged.consequence == Consequence::RetryHere) return execute_later(active, run, judged);
    log::warning("task failed", {{"flow", active->id.value},
                                 {"kind", active->flow.spec.kind},
                                 {"resource", active->flow.spec.resource},
                                 {"task", active->label()},
                                 {"code", to_string(failure.code)},
                                 {"consequence", to_string(judged.consequence)},
                                 {"error", failure.message},
                                 {"detail", failure.detail}});
    run.outcome = failure.code == ErrorCode::Cancelled ? "cancelled" : "error";
    return turn_back(active, judged, &run);
}

Executor::Step Executor::execute_later(const ActivePtr& active, TaskRun& run, const Failure& failure) {
    log::info("task will be tried again", {{"flow", active->id.value},
                                           {"task", active->label()},
                                           {"attempt", active->attempt},
                                           {"error", failure.message}});
    run.outcome = "retry";
    parking_.pause(active, pause_before(active->attempt++, kLongestExecutePause));
    return record(active, run, Step::Stop);
}

// ---- backward

Executor::Step Executor::turn_back(const ActivePtr& active, const Failure& failure, const TaskRun* run) {
    auto move = ledger_.turn_back(active->flow, run, failure);
    if (move.flow.cancel_requested) active->cancel = true;
    return moved(active, std::move(move), ".failed");
}

Executor::Step Executor::revert_step(const ActivePtr& active) {
    auto run = flows_.begin_run(active, "revert");
    Failure problem;
    try {
        failpoint(point(active, ".revert.before"));
        const auto outcome = task_of(active).revert(context_of(active), *active->flow.failure);
        failpoint(point(active, ".revert.after"));
        run.ended_us = now_us();
        run.decision = outcome.decision;
        if (!outcome.wait_for.empty()) return park(active, run, outcome.wait_for);
        run.outcome = "success";
        return write_revert(active, run, outcome);
    } catch (const std::exception& exception) {
        problem = failure_of(exception);
    }
    return revert_failed(active, run, problem);
}

Executor::Step Executor::write_revert(const ActivePtr& active, const TaskRun& run, const RevertOutcome& outcome) {
    const bool again = outcome.next == OnRevert::ExecuteAgain && !active->cancel;
    return moved(active, ledger_.backward(active->flow, run, outcome, again), ".revert.committed");
}

Executor::Step Executor::revert_failed(const ActivePtr& active, TaskRun& run, const Failure& problem) {
    run.ended_us = now_us();
    run.error = whole_text(problem);
    if (stopping_) return Step::Stop;
    log::warning("revert failed", {{"flow", active->id.value},
                                   {"task", active->label()},
                                   {"attempt", active->attempt},
                                   {"error", problem.message},
                                   {"detail", problem.detail}});
    if (is_retryable(problem.code)) {
        run.outcome = "retry";
        parking_.pause(active, pause_before(active->attempt++, kLongestRevertPause));
        return record(active, run, Step::Stop);
    }
    run.outcome = "error";
    return write_revert(active, run, {});
}

// ---- after a task; see Parking::wait_for for the order of park()

Executor::Step Executor::park(const ActivePtr& active, TaskRun& run, const std::vector<FlowId>& flows) {
    parking_.wait_for(active, flows);
    flows_.end_run(active);
    for (const auto& flow : flows) {
        if (ledger_.has_ended(flow)) parking_.ended(flow);
    }
    if (!parking_.is_parked(active)) return Step::Continue;
    log::debug("flow waits for others", {{"flow", active->id.value}, {"task", active->label()}});
    run.outcome = "parked";
    return active->attempt++ == 1 ? record(active, run, Step::Stop) : Step::Stop;
}

Executor::Step Executor::record(const ActivePtr& active, const TaskRun& run, Step next) {
    if (!worth_a_row(run.attempt)) return next;
    auto move = ledger_.record(active->flow, run);
    if (move.fate == Fate::TakenOver) return abandon(active);
    if (move.flow.cancel_requested) active->cancel = true;
    flows_.recorded(active, std::move(move.flow));
    return active->cancel ? Step::Continue : next;
}

Executor::Step Executor::moved(const ActivePtr& active, Move move, std::string_view point_suffix) {
    if (move.fate != Fate::Written) return abandon(active);
    failpoint_after_commit(point(active, point_suffix));
    flows_.advance(active, std::move(move.flow));
    return active->flow.has_ended() ? ended(active) : Step::Continue;
}

Executor::Step Executor::ended(const ActivePtr& active) {
    flows_.tell(active);  // while the flows above it can still be found
    flows_.forget(active);
    parking_.ended(active->id);
    return Step::Stop;
}

/// Another process has taken the flow over: this one forgets it.
Executor::Step Executor::abandon(const ActivePtr& active) {
    log::warning("flow was taken over", {{"flow", active->id.value}});
    parking_.leave(active);
    flows_.forget(active);
    return Step::Stop;
}

}  // namespace virga::taskflow
