#pragma once
#include <functional>

#include "taskflow/executor.hpp"
#include "taskflow/lease.hpp"
#include "taskflow/periodic.hpp"

namespace virga::taskflow {

/// What this process learns of the others that share the database, by looking: flows that have no owner any more,
/// flows of its own that were cancelled elsewhere, and ends that its flows wait for. Its thread isn't that which renews
/// the lease: taking many flows over lasts, and must not cost the lease.
class Takeover {
public:
    struct Found {
        std::function<void(repo::StoredFlow)> flow;  ///< this process's from now on
        std::function<void(const FlowId&)> cancelled;
    };

    Takeover(Ledger& ledger, const Lease& lease, Executor& executor, ActiveFlows& flows)
        : ledger_(ledger), lease_(lease), executor_(executor), flows_(flows) {}

    /// Looks once, then again and again. Throws what the first look throws.
    void begin(Found found);
    void stop() { looks_.stop(); }

private:
    void look();
    void claim();

    Ledger& ledger_;
    const Lease& lease_;
    Executor& executor_;
    ActiveFlows& flows_;
    Found found_;
    Periodic looks_;
};

}  // namespace virga::taskflow
