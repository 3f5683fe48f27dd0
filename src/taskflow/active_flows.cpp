#include "taskflow/active_flows.hpp"

#include "base/clock.hpp"

namespace virga::taskflow {

ActivePtr ActiveFlows::adopt(repo::StoredFlow flow) {
    auto active = std::make_shared<Active>(std::move(flow));
    active->cancel = active->flow.cancel_requested;
    const std::lock_guard lock(mutex_);
    return flows_.emplace(active->id.value, active).first->second;
}

ActivePtr ActiveFlows::find(const FlowId& flow) {
    const std::lock_guard lock(mutex_);
    const auto found = flows_.find(flow.value);
    return found == flows_.end() ? nullptr : found->second;
}

void ActiveFlows::forget(const ActivePtr& active) {
    {
        const std::lock_guard lock(mutex_);
        flows_.erase(active->id.value);
        active->gone = true;
    }
    gone_.notify_all();
}

bool ActiveFlows::wait_until_gone(const FlowId& flow, std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    return gone_.wait_for(lock, timeout, [&] { return flows_.count(flow.value) == 0; });
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
        if (active->first_attempt_us == 0) active->first_attempt_us = run.started_us;
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
