#pragma once
#include <atomic>
#include <functional>
#include <set>
#include <string>

#include "taskflow/executor.hpp"
#include "taskflow/lease.hpp"
#include "taskflow/peers.hpp"
#include "taskflow/periodic.hpp"

namespace virga::taskflow {

/// What this process learns of the others that share the database. Leases that have run out are looked for often, since
/// the dead say nothing. All else is told by Peers; a slow look finds what was missed. Its thread isn't that which
/// renews the lease: taking many flows over lasts, and must not cost the lease.
class Takeover {
public:
    struct Found {
        std::function<void(repo::StoredFlow)> flow;  ///< this process's from now on
        std::function<void(const FlowId&)> cancelled;
    };

    Takeover(Ledger& ledger, const Lease& lease, Executor& executor, ActiveFlows& flows, Peers& peers)
        : ledger_(ledger), lease_(lease), executor_(executor), flows_(flows), peers_(peers) {}

    /// Listens, looks once, then again and again. Throws what the first look throws.
    void begin(Found found);
    /// Nothing more is found. Others may still be told something.
    void stop() { looks_.stop(); }

private:
    using Clock = std::chrono::steady_clock;

    void listen();
    void look();
    void look_at_all();
    void claim();
    void find_lost();

    Ledger& ledger_;
    const Lease& lease_;
    Executor& executor_;
    ActiveFlows& flows_;
    Peers& peers_;
    Found found_;
    std::atomic<bool> missed_{false};
    Clock::time_point next_look_at_all_;
    std::set<std::string> lost_;  ///< ids of flows that seemed so at the last look
    Periodic looks_;
};

}  // namespace virga::taskflow
