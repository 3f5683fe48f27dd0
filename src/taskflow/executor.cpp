#include "taskflow/executor.hpp"

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "taskflow/retries.hpp"

namespace virga::taskflow {
namespace {

/// What nobody asked for, such as a look at each of very many hosts, holds half of the threads at most, as a project's.
std::string account_of(const FlowSpec& flow) {
    return flow.project_id.empty() ? "of no project" : flow.project_id;
}

void failpoint_after_commit(const std::string& name) {
    try {
        failpoint(name);
    } catch (const Error& error) {
        log::warning("failpoint after a commit can't fail the task", {{"error", error.message()}});
    }
}

}  // namespace

Executor::Executor(db::Database& database, const Registry& registry, Ledger& ledger, ActiveFlows& flows,
                   const Lease& lease, Peers& peers)
    : db_(database),
      registry_(registry),
      ledger_(ledger),
      flows_(flows),
      lease_(lease),
      peers_(peers),
      parking_([this](const ActivePtr& active) { enqueue(active); }) {}

void Executor::run(std::size_t threads) {
    const std::lock_guard lock(mutex_);
    pool_ = std::make_unique<FairPool>("flow", threads);
}

void Executor::stop() {
    stopping_ = true;
    parking_.stop();
    std::unique_ptr<FairPool> pool;
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
    if (!lease_.holds(flow.owner)) return;
    const auto active = flows_.adopt(std::move(flow));
    flows_.tell(active);
    enqueue(active);
}

bool Executor::cancelled(const FlowId& flow) {
    const auto active = flows_.find(flow);
    if (!active || active->cancel.exchange(true)) return false;
    enqueue(active);
    return true;
}

void Executor::abandon_all() {
    for (const auto& active : flows_.all()) abandon(active);
}

void Executor::look_for_ends() {
    for (const auto& flow : parking_.awaited()) {
        if (!flows_.find(flow) && ledger_.has_ended(flow)) parking_.ended(flow);
    }
}

// ---- threads

void Executor::enqueue(const ActivePtr& active) {
    const std::lock_guard lock(mutex_);
    if (pool_ && flows_.queue(active))
        pool_->post(account_of(active->flow.spec), active->id.value, [this, active] { work_on(active); });
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
    if (!lease_.holds(active->owner)) return abandon(active);
    if (flow.state == FlowState::Reverting) return revert_step(active);
    if (!turns_back) return execute_step(active);
    Failure failure{ErrorCode::Cancelled, "the request was cancelled", {}, active->label()};
    failure.task_index = flow.position;
    return turn_back(active, failure);
}

Task& Executor::task_of(const ActivePtr& active) const {
    return registry_.get(active->task().task);
}

/// Where nobody else writes, there is nothing to check.
std::function<void(db::Transaction&)> Executor::owner_check(const repo::StoredFlow& flow) const {
    if (!db_.is_shared()) return {};
    return [id = flow.spec.id, generation = flow.generation](db::Transaction& tx) {
        Ledger::check_owner(tx, id, generation);
    };
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
            [active, this] { return active->cancel.load() || stopping_.load() || !lease_.holds(active->owner); },
            [active, this](std::int64_t done, std::int64_t total) {
                flows_.set_progress(active, {done, total});
            },
            owner_check(flow)};
}

// ---- after a task; see Parking::wait_for for the order of park()

Executor::Step Executor::park(const ActivePtr& active, TaskRun& run, const std::vector<FlowId>& flows) {
    parking_.wait_for(active, flows);
    flows_.end_run(active);
    for (const auto& flow : flows) {
        if (ledger_.has_ended(flow)) parking_.ended(flow);
    }
    if (!parking_.is_parked(active)) {
        ++active->attempt;
        return Step::Continue;
    }
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
    failpoint_after_commit(active->point(point_suffix));
    flows_.advance(active, std::move(move.flow));
    return active->flow.has_ended() ? ended(active) : Step::Continue;
}

Executor::Step Executor::ended(const ActivePtr& active) {
    flows_.tell(active);  // while the flows above it can still be found
    flows_.forget(active);
    parking_.ended(active->id);
    peers_.say_ended(active->id);
    return Step::Stop;
}

/// The flow is another process's, or free: this one forgets it.
Executor::Step Executor::abandon(const ActivePtr& active) {
    log::warning("flow isn't this process's any more", {{"flow", active->id.value}});
    parking_.leave(active);
    flows_.forget(active);
    return Step::Stop;
}

}  // namespace virga::taskflow
