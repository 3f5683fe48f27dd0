#pragma once
#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "taskflow/active_flows.hpp"
#include "taskflow/timer.hpp"

namespace virga::taskflow {

/// Flows that hold no thread: they pause, or wait for the end of others. Nothing here is stored: after a restart the
/// task is executed again and says again what it waits for.
class Parking {
public:
    /// `wake` is called for a flow whose pause is over or whose last awaited flow has ended; it must be short.
    explicit Parking(std::function<void(const ActivePtr&)> wake) : wake_(std::move(wake)) {}

    /// Parks `active` until ended() was called for each of `flows`. Whoever parks looks afterwards, in a new snapshot,
    /// which of them have ended already, and calls ended() for those: an end that is committed before that look is seen
    /// by it, one that is committed later finds the flow parked. So no end is missed, whoever commits it.
    void wait_for(const ActivePtr& active, const std::vector<FlowId>& flows);
    void pause(const ActivePtr& active, std::chrono::milliseconds time);
    bool is_parked(const ActivePtr& active);
    /// It waits for nothing any more, and isn't woken: it was cancelled, say.
    void leave(const ActivePtr& active);

    /// Flows that others wait for.
    std::vector<FlowId> awaited();
    /// A flow of this or of another process has ended.
    void ended(const FlowId& flow);
    /// Nobody is woken by a timer after this.
    void stop() { timer_.stop(); }

private:
    struct Place {
        std::set<std::string> waits;  ///< ids of flows
        std::int64_t pause = 0;       ///< number of the pause that it is in, 0: none
        bool empty() const { return waits.empty() && pause == 0; }
    };

    void pause_over(const ActivePtr& active, std::int64_t number);

    std::function<void(const ActivePtr&)> wake_;
    std::mutex mutex_;
    std::int64_t pauses_ = 0;
    std::unordered_map<ActivePtr, Place> parked_;
    std::unordered_map<std::string, std::vector<ActivePtr>> waiters_;  ///< by the id of the awaited flow
    Timer timer_;
};

}  // namespace virga::taskflow
