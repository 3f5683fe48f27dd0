#include "taskflow/runner.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "taskflow/executor.hpp"
#include "taskflow/repo/lease_repo.hpp"
#include "taskflow/takeover.hpp"

namespace virga::taskflow {
namespace {

/// Versions before Failure::task_index stored the label only. A flow that was reverting when this version took over is
/// judged as it would be now.
void complete_failure(repo::StoredFlow& flow, const Registry& registry) {
    if (!flow.failure || flow.failure->task_index != repo::kUnknownTask) return;
    const auto& tasks = flow.spec.tasks;
    const auto failed = std::find_if(tasks.begin(), tasks.end(), [&](const TaskSpec& task) {
        return (task.label.empty() ? task.task : task.label) == flow.failure->task;
    });
    if (failed == tasks.end()) return;
    flow.failure->task_index = static_cast<std::size_t>(failed - tasks.begin());
    flow.failure->consequence = registry.get(failed->task).consequence(flow.failure->code, false);
}

}  // namespace

struct Runner::Impl {
    Impl(db::Database& database, const Registry& task_registry, std::size_t thread_count)
        : registry(task_registry),
          threads(thread_count),
          ledger(database),
          lease(database),
          peers(database.signals()),
          executor(database, task_registry, ledger, flows, lease, peers),
          takeover(ledger, lease, executor, flows, peers),
          is_shared(database.is_shared()) {}

    void go_on_with(repo::StoredFlow flow);
    void cancelled(const FlowId& flow);

    const Registry& registry;
    std::size_t threads;
    ActiveFlows flows;
    Ledger ledger;
    Lease lease;
    Peers peers;
    Executor executor;
    Takeover takeover;
    bool is_shared;
    std::filesystem::path lease_file;
    std::function<void()> on_cancel;
    std::function<void()> on_stop;
};

Runner::Runner(db::Database& database, const Registry& registry, std::size_t threads)
    : impl_(std::make_unique<Impl>(database, registry, threads)) {}

Runner::~Runner() {
    stop();
}

void Runner::run() {
    auto& impl = *impl_;
    if (!impl.is_shared) {
        impl.executor.run(impl.threads);
        for (auto& flow : impl.ledger.take_over()) impl.go_on_with(std::move(flow));
        return;
    }
    // In this order: a flow that somebody starts now is either run here or has no owner.
    impl.executor.run(impl.threads);
    impl.lease.take(impl.lease_file);
    impl.lease.keep([&impl] {
        impl.executor.abandon_all();
        if (impl.on_cancel) impl.on_cancel();
    });
    impl.takeover.begin({[&impl](repo::StoredFlow flow) { impl.go_on_with(std::move(flow)); },
                         [&impl](const FlowId& flow) { impl.cancelled(flow); }});
}

void Runner::Impl::go_on_with(repo::StoredFlow flow) {
    log::info("flow goes on",
              {{"flow", flow.spec.id.value}, {"kind", flow.spec.kind}, {"resource", flow.spec.resource}});
    complete_failure(flow, registry);
    executor.start(std::move(flow));
}

void Runner::Impl::cancelled(const FlowId& flow) {
    if (executor.cancelled(flow) && on_cancel) on_cancel();
}

std::string Runner::replica() const {
    return impl_->lease.id();
}

bool Runner::is_alive(db::Transaction& tx, const std::string& replica) {
    return !replica.empty() && repo::has_lease(tx, replica);
}

void Runner::keep_lease_in(const std::filesystem::path& file) {
    impl_->lease_file = file;
}

void Runner::stop() {
    impl_->executor.begin_stop();
    if (auto interrupt = std::exchange(impl_->on_stop, nullptr)) interrupt();
    impl_->takeover.stop();
    impl_->executor.stop();
    impl_->lease.end();
    impl_->peers.say_free();
    impl_->peers.end();
}

void Runner::interrupt_with(std::function<void()> on_cancel, std::function<void()> on_stop) {
    impl_->on_cancel = std::move(on_cancel);
    impl_->on_stop = std::move(on_stop);
}

void Runner::start(db::Transaction& tx, const FlowSpec& spec) {
    if (spec.tasks.empty()) throw Error(ErrorCode::Internal, "flow " + spec.kind + " has no tasks");
    if (!impl_->registry.kinds().contains(spec.kind))
        throw Error(ErrorCode::Internal, "there is no kind of flow '" + spec.kind + "'");
    for (const auto& task : spec.tasks) impl_->registry.get(task.task);
    repo::StoredFlow flow;
    flow.owner = impl_->lease.id();
    if (!repo::insert(tx, spec, flow.owner)) return;
    flow.spec = spec;
    tx.after_commit([this, flow = std::move(flow)] { impl_->executor.start(flow); });
}

void Runner::cancel(db::Transaction& tx, const FlowId& flow) {
    if (!repo::request_cancel(tx, flow)) return;
    tx.after_commit([this, flow] {
        impl_->cancelled(flow);
        impl_->peers.say_cancelled(flow);
    });
}

std::vector<FlowId> Runner::unfinished(db::Transaction& tx, const std::string& resource) {
    return repo::unfinished(tx, resource);
}

std::optional<FlowRecord> Runner::find(db::Transaction& tx, const FlowId& flow) {
    return repo::find(tx, flow);
}

std::vector<FlowRecord> Runner::find_all(db::Transaction& tx, const std::vector<FlowId>& flows) {
    return repo::find_all(tx, flows);
}

std::vector<FlowRecord> Runner::flows_of(db::Transaction& tx, const std::string& resource) {
    std::vector<FlowRecord> out;
    std::vector<FlowRecord> todo = repo::of_resource(tx, resource);
    std::reverse(todo.begin(), todo.end());
    while (!todo.empty()) {
        out.push_back(std::move(todo.back()));
        todo.pop_back();
        auto below = repo::children(tx, out.back().id);
        for (auto child = below.rbegin(); child != below.rend(); ++child) todo.push_back(std::move(*child));
    }
    return out;
}

std::vector<FlowRecord> Runner::children(db::Transaction& tx, const FlowId& flow) {
    return repo::children(tx, flow);
}

std::vector<TaskRun> Runner::journal(db::Transaction& tx, const FlowId& flow) {
    auto runs = repo::journal(tx, flow);
    if (auto current = impl_->flows.current(flow)) runs.push_back(std::move(*current));
    return runs;
}

std::optional<Progress> Runner::progress(const FlowId& flow) {
    const auto current = impl_->flows.current(flow);
    if (!current || current->progress.total_bytes == 0) return std::nullopt;
    return current->progress;
}

std::unique_ptr<Watch> Runner::watch(const std::string& resource) {
    return impl_->flows.watches().watch(resource);
}

void Runner::end_watches() {
    impl_->flows.watches().end();
}

std::int64_t Runner::forget_before(TimestampUs time) {
    return impl_->ledger.forget_before(time, [this] { return impl_->executor.is_stopping(); });
}

bool Runner::wait(const FlowId& flow, std::chrono::milliseconds timeout) {
    const auto until = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        const auto seen = impl_->flows.changes();
        if (impl_->ledger.has_ended(flow)) return true;
        if (!impl_->flows.wait_for_change(flow, seen, until)) return impl_->ledger.has_ended(flow);
    }
}

}  // namespace virga::taskflow
