#include "taskflow/parking.hpp"

namespace virga::taskflow {

void Parking::wait_for(const ActivePtr& active, const std::vector<FlowId>& flows) {
    if (flows.empty()) return;
    const std::lock_guard lock(mutex_);
    auto& waits = parked_[active].waits;
    for (const auto& flow : flows) {
        if (waits.insert(flow.value).second) waiters_[flow.value].push_back(active);
    }
}

void Parking::pause(const ActivePtr& active, std::chrono::milliseconds time) {
    std::int64_t number = 0;
    {
        const std::lock_guard lock(mutex_);
        number = parked_[active].pause = ++pauses_;
    }
    timer_.after(time, [this, active, number] { pause_over(active, number); });
}

void Parking::pause_over(const ActivePtr& active, std::int64_t number) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = parked_.find(active);
        if (found == parked_.end() || found->second.pause != number) return;
        found->second.pause = 0;
        if (!found->second.empty()) return;
        parked_.erase(found);
    }
    wake_(active);
}

bool Parking::is_parked(const ActivePtr& active) {
    const std::lock_guard lock(mutex_);
    return parked_.count(active) > 0;
}

void Parking::leave(const ActivePtr& active) {
    const std::lock_guard lock(mutex_);
    const auto found = parked_.find(active);
    if (found == parked_.end()) return;
    for (const auto& flow : found->second.waits) {
        const auto waiting = waiters_.find(flow);
        if (waiting == waiters_.end()) continue;
        std::erase(waiting->second, active);
        if (waiting->second.empty()) waiters_.erase(waiting);
    }
    parked_.erase(found);
}

std::vector<FlowId> Parking::awaited() {
    std::vector<FlowId> out;
    const std::lock_guard lock(mutex_);
    for (const auto& [flow, waiting] : waiters_) out.emplace_back(flow);
    return out;
}

void Parking::ended(const FlowId& flow) {
    std::vector<ActivePtr> woken;
    {
        const std::lock_guard lock(mutex_);
        const auto waiting = waiters_.find(flow.value);
        if (waiting == waiters_.end()) return;
        for (auto& active : waiting->second) {
            const auto found = parked_.find(active);
            if (found == parked_.end() || found->second.waits.erase(flow.value) == 0) continue;
            if (!found->second.empty()) continue;
            parked_.erase(found);
            woken.push_back(active);
        }
        waiters_.erase(waiting);
    }
    for (const auto& active : woken) wake_(active);
}

}  // namespace virga::taskflow
