#include "taskflow/active_flows.hpp"

#include "base/clock.hpp"

namespace virga::taskflow {

ActivePtr ActiveFlows::adopt(repo::StoredFlow flow) {
    auto active = std::make_shared<Active>(std::move(flow));
    active->cancel = active->flow.cancel_requested;
    const std::lock_guard lock(mutex_);
    auto& place = flows_[active->id.value];
    if (place && place->flow.generation >= active->flow.generation) return place;
    if (place) place->gone = true;
    return place = active;
}

std::vector<ActivePtr> ActiveFlows::all() {
    std::vector<ActivePtr> out;
    const std::lock_guard lock(mutex_);
    for (const auto& [id, active] : flows_) out.push_back(active);
    return out;
}

ActivePtr ActiveFlows::find(const FlowId& flow) {
    const std::lock_guard lock(mutex_);
    const auto found = flows_.find(flow.value);
    return found == flows_.end() ? nullptr : found->second;
}

void ActiveFlows::forget(const ActivePtr& active) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = flows_.find(active->id.value);
        if (found != flows_.end() && found->second == active) flows_.erase(found);
        active->gone = true;
        ++changes_;
    }
    changed_.notify_all();
}

bool ActiveFlows::wait_for_change(const FlowId& flow, std::uint64_t seen, std::chrono::steady_clock::time_point time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, time, [&] { return changes_ > seen && flows_.count(flow.value) == 0; });
}

std::uint64_t ActiveFlows::changes() {
    const std::lock_guard lock(mutex_);
    return changes_;
}

void ActiveFlows::others_may_have_changed() {
    {
        const std::lock_guard lock(mutex_);
        ++changes_;
    }
    changed_.notify_all();
}

bool ActiveFlows::queue(const ActivePtr& active) {
    const std::lock_guard lock(mutex_);
    if (active->gone) return false;
    active->run_again = active->queued;
    return !std::exchange(active->queued, true);
}

bool ActiveFlows::look_again(const ActivePtr& active, bool stopping) {
    const std::lock_guard lock(mutex_);
    if (active->run_again && !active->gone && !stopping) {
        active->run_again = false;
        return true;
    }
    active->queued = false;
    return false;
}

TaskRun ActiveFlows::begin_run(const ActivePtr& active, const char* phase) {
    TaskRun run;
    run.flow = active->id.value;
    run.task_index = static_cast<int>(active->flow.position);
    run.task = active->label();
    run.phase = phase;
    run.attempt = active->attempt;
    run.started_us = now_us();
    run.outcome = "running";
    {
        const std::lock_guard lock(mutex_);
        if (active->first_attempt_us == 0) active->first_attempt_us = monotonic_us();
        active->current = run;
    }
    tell(active);
    return run;
}

void ActiveFlows::end_run(const ActivePtr& active) {
    const std::lock_guard lock(mutex_);
    active->current.reset();
}

void ActiveFlows::advance(const ActivePtr& active, repo::StoredFlow next) {
    {
        const std::lock_guard lock(mutex_);
        active->flow = std::move(next);
        active->attempt = 1;
        active->first_attempt_us = 0;
        active->current.reset();
    }
    tell(active);
}

void ActiveFlows::recorded(const ActivePtr& active, repo::StoredFlow flow) {
    const std::lock_guard lock(mutex_);
    active->flow = std::move(flow);
}

void ActiveFlows::set_progress(const ActivePtr& active, const Progress& progress) {
    {
        const std::lock_guard lock(mutex_);
        if (!active->current || progress.total_bytes <= 0) return;
        active->current->progress = progress;
    }
    tell(active);
}

void ActiveFlows::keep_progress(const ActivePtr& active, TaskRun& run) {
    const std::lock_guard lock(mutex_);
    if (active->current) run.progress = active->current->progress;
}

std::optional<TaskRun> ActiveFlows::current(const FlowId& flow) {
    const std::lock_guard lock(mutex_);
    const auto found = flows_.find(flow.value);
    return found == flows_.end() ? std::nullopt : found->second->current;
}

void ActiveFlows::tell(const ActivePtr& active) {
    if (!watches_.any()) return;
    std::vector<std::string> resources;
    {
        const std::lock_guard lock(mutex_);
        for (auto next = active; next;) {
            resources.push_back(next->flow.spec.resource);
            const auto& parent = next->flow.spec.parent;
            const auto found = parent ? flows_.find(parent->value) : flows_.end();
            next = found == flows_.end() ? nullptr : found->second;
        }
    }
    watches_.changed(resources);
}

}  // namespace virga::taskflow
