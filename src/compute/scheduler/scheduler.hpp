#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "compute/scheduler/filters.hpp"
#include "compute/scheduler/host_view.hpp"

namespace virga::compute::scheduler {

/// Reasons that are kept for the log and the trace: enough to see what is wrong, however many hosts there are.
inline constexpr std::size_t kReasonsKept = 10;

struct Choice {
    std::vector<std::string> hosts;              ///< the best first, then alternates; empty: no valid host
    std::string decision;                        ///< "chose host h1 of 3 that passed (RAM 512 <= free 3000 MiB; ...)"
    std::map<std::string, int> rejections;       ///< filter -> number of hosts that it refused
    std::vector<std::string> rejection_reasons;  ///< "h2: RamFilter (RAM 2048 MiB > free 512 MiB)", the first of them
};

/// "h2: RamFilter (RAM 2048 MiB > free 512 MiB)".
std::string reason_of(const std::string& host, const Rejection& why);

/// Sorts hosts: those of `near` first, where volumes of the server are; then most free RAM, then fewest servers, then
/// the name (so that the order is the same everywhere).
void sort_by_weight(std::vector<HostView>& hosts, const std::set<std::string>& near = {});

/// Filters, weighs, and returns at most `max_hosts` (primary and alternates).
Choice choose(std::vector<HostView> hosts, const Request& request, std::size_t max_hosts);

/// "ComputeFilter refused 1, RamFilter refused 2 of 3 hosts: h1: ...".
std::string explain_rejections(const Choice& choice, std::size_t total_hosts);

}  // namespace virga::compute::scheduler
