#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "taskflow/executor.hpp"
#include "taskflow/retries.hpp"

/// The two ways through a flow: tasks that are executed, and tasks that are reverted.
namespace virga::taskflow {
namespace {

Failure failure_of(const std::exception& exception) {
    if (const auto* error = dynamic_cast<const Error*>(&exception))
        return {error->code(), error->message(), error->detail(), {}};
    return {ErrorCode::Internal, "internal error", exception.what(), {}};
}

/// For administrators, who alone see it.
std::string whole_text(const Failure& failure) {
    return failure.detail.empty() ? failure.message : failure.message + " (" + failure.detail + ")";
}

}  // namespace

// ---- forward

Executor::Step Executor::execute_step(const ActivePtr& active) {
    auto run = flows_.begin_run(active, "execute");
    Failure failure;
    try {
        failpoint(active->point(".before"));
        const auto outcome = task_of(active).execute(context_of(active));
        failpoint(active->point(".after"));
        run.ended_us = now_us();
        run.decision = outcome.decision;
        run.told = outcome.told;
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
    if (!lease_.holds(active->owner)) return abandon(active);
    run.error = whole_text(failure);
    flows_.keep_progress(active, run);
    if (stopping_ && failure.code == ErrorCode::Cancelled && !active->cancel) return Step::Stop;
    const auto& task = task_of(active);
    const bool in_time = monotonic_us() - active->first_attempt_us < std::int64_t{task.retry_seconds()} * 1'000'000;
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
        failpoint(active->point(".revert.before"));
        const auto outcome = task_of(active).revert(context_of(active), *active->flow.failure);
        failpoint(active->point(".revert.after"));
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
    if (!lease_.holds(active->owner)) return abandon(active);
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

}  // namespace virga::taskflow
