#include "taskflow/ledger.hpp"

#include "taskflow/repo/lease_repo.hpp"

namespace virga::taskflow {
namespace {

constexpr std::int64_t kMostClaimed = 500;

/// Leaves a transaction that must not be committed.
struct Refused {};

void write_step(db::Transaction& tx, const repo::StoredFlow& flow, const repo::Change& change) {
    if (!repo::update(tx, flow, change)) throw Refused{};
}

void append(db::Transaction& tx, repo::StoredFlow& flow, const TaskRun& run) {
    repo::append_run(tx, flow.spec.id, flow.runs++, run);
}

void take(db::Transaction& tx, repo::StoredFlow flow, const std::string& owner, std::vector<repo::StoredFlow>& mine) {
    if (!repo::take_over(tx, flow.spec.id, flow.generation, owner)) return;
    ++flow.generation;
    flow.owner = owner;
    mine.push_back(std::move(flow));
}

void merge(json::object& data, const json::object& provided) {
    for (const auto& [key, value] : provided) data[key] = value;
}

template <class AnyOutcome>
db::Writers writers_of(const AnyOutcome& outcome) {
    return outcome.apply ? outcome.writers : db::Writers::Together;
}

void replace_rest(repo::StoredFlow& flow, const std::vector<TaskSpec>& tasks) {
    flow.spec.tasks.resize(flow.position + 1);
    flow.spec.tasks.insert(flow.spec.tasks.end(), tasks.begin(), tasks.end());
}

}  // namespace

Fate Ledger::standing(const repo::StoredFlow& flow) {
    auto tx = db_.read();
    const auto fence = repo::fence(tx, flow.spec.id);
    if (fence.generation != flow.generation || fence.runs != flow.runs) return Fate::TakenOver;
    return fence.cancel_requested ? Fate::Cancelled : Fate::Written;
}

/// `step` gets a fresh copy of the flow each time that the transaction is tried, and makes it what is to be written.
/// What a task applies may fail just because the flow is somebody else's or cancelled: then that is what happened.
/// The flow's own rows are fenced: they need no writer that is alone.
template <class F>
Move Ledger::write(const repo::StoredFlow& before, bool unless_cancelled, db::Writers writers, F&& step) {
    try {
        return db_.write_with(
            [&](db::Transaction& tx) {
                Move move{Fate::Written, before};
                step(tx, move.flow);
                return move;
            },
            db::Durability::Grouped, writers);
    } catch (const Refused&) {
        return {standing(before) == Fate::Cancelled ? Fate::Cancelled : Fate::TakenOver, before};
    } catch (const Error&) {
        const auto fate = standing(before);
        if (fate == Fate::TakenOver || (fate == Fate::Cancelled && unless_cancelled)) return {fate, before};
        throw;
    }
}

std::vector<repo::StoredFlow> Ledger::take_over() {
    return db_.write_with(
        [](db::Transaction& tx) {
            std::vector<repo::StoredFlow> mine;
            for (auto& flow : repo::load_unfinished(tx)) take(tx, std::move(flow), {}, mine);
            return mine;
        },
        db::Durability::Grouped);
}

/// A beat that is on its way locks its row: the DELETE waits for it, and then finds the lease renewed.
std::vector<repo::StoredFlow> Ledger::claim(const std::string& owner, std::int64_t age_us) {
    const bool needed =
        db_.read_with([&](db::Transaction& tx) { return repo::any_expired(tx, age_us) || repo::any_free(tx); });
    if (!needed) return {};
    return db_.write_with(
        [&](db::Transaction& tx) {
            repo::end_expired(tx, age_us);
            std::vector<repo::StoredFlow> mine;
            if (!repo::has_lease(tx, owner)) return mine;
            for (auto& flow : repo::load_free(tx, kMostClaimed)) take(tx, std::move(flow), owner, mine);
            return mine;
        },
        db::Durability::Grouped);
}

std::vector<FlowId> Ledger::owned(const std::string& owner) {
    return db_.read_with([&](db::Transaction& tx) { return repo::owned(tx, owner); });
}

std::vector<repo::StoredFlow> Ledger::own_anew(const std::string& owner, const std::vector<FlowId>& flows) {
    if (flows.empty()) return {};
    return db_.write_with(
        [&](db::Transaction& tx) {
            std::vector<repo::StoredFlow> mine;
            for (const auto& id : flows) {
                if (auto flow = repo::load_owned(tx, id, owner)) take(tx, std::move(*flow), owner, mine);
            }
            return mine;
        },
        db::Durability::Grouped);
}

void Ledger::check_owner(db::Transaction& tx, const FlowId& flow, std::int64_t generation) {
    if (repo::fence(tx, flow).generation == generation) return;
    throw Error(ErrorCode::Cancelled, "another control process goes on with this", "flow " + flow.value);
}

std::vector<FlowId> Ledger::to_cancel(const std::string& owner) {
    return db_.read_with([&](db::Transaction& tx) { return repo::to_cancel(tx, owner); });
}

Move Ledger::forward(const repo::StoredFlow& flow, TaskRun run, const Outcome& outcome) {
    run.outcome = "success";
    return write(flow, true, writers_of(outcome), [&](db::Transaction& tx, repo::StoredFlow& next) {
        if (outcome.apply) outcome.apply(tx);
        merge(next.spec.data, outcome.provides);
        if (outcome.then) replace_rest(next, *outcome.then);
        append(tx, next, run);
        if (++next.position >= next.spec.tasks.size()) next.state = FlowState::Succeeded;
        write_step(tx, next, {!outcome.provides.empty(), outcome.then.has_value(), true});
    });
}

Move Ledger::turn_back(const repo::StoredFlow& flow, const TaskRun* run, const Failure& failure) {
    return write(flow, false, db::Writers::Together, [&](db::Transaction& tx, repo::StoredFlow& next) {
        next.state = FlowState::Reverting;
        next.failure = failure;
        // A cancelled flow whose next task has not begun still reverts it: reverting what was not done must be
        // harmless.
        if (next.position >= next.spec.tasks.size()) next.position = next.spec.tasks.size() - 1;
        if (run != nullptr) append(tx, next, *run);
        write_step(tx, next, {});
        next.cancel_requested = repo::fence(tx, next.spec.id).cancel_requested;
    });
}

Move Ledger::backward(const repo::StoredFlow& flow, const TaskRun& run, const RevertOutcome& outcome, bool again) {
    return write(flow, false, writers_of(outcome), [&](db::Transaction& tx, repo::StoredFlow& next) {
        if (outcome.apply) outcome.apply(tx);
        merge(next.spec.data, outcome.provides);
        append(tx, next, run);
        if (again) {
            next.state = FlowState::Running;
            next.failure.reset();
        } else if (next.position == 0) {
            next.state = FlowState::Failed;
        } else {
            --next.position;
        }
        write_step(tx, next, {!outcome.provides.empty()});
    });
}

Move Ledger::record(const repo::StoredFlow& flow, const TaskRun& run) {
    return write(flow, false, db::Writers::Together, [&](db::Transaction& tx, repo::StoredFlow& next) {
        append(tx, next, run);
        write_step(tx, next, {});
        next.cancel_requested = repo::fence(tx, next.spec.id).cancel_requested;
    });
}

bool Ledger::has_ended(const FlowId& flow) {
    auto tx = db_.read();
    return repo::is_finished(tx, flow);
}

std::int64_t Ledger::forget_before(TimestampUs time, const std::function<bool()>& stop) {
    std::int64_t sum = 0;
    for (;;) {
        const auto forgotten =
            db_.write_with([&](db::Transaction& tx) { return repo::forget(tx, time); }, db::Durability::Grouped);
        sum += forgotten;
        if (forgotten == 0 || stop()) return sum;
    }
}

}  // namespace virga::taskflow
