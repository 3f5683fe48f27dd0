#pragma once
#include <chrono>
#include <vector>

#include "compute/flows/flows.hpp"

/// Which hosts run servers, as all control processes of a database agree. Each hears its own picture of the hosts; a
/// host is up as long as any of them hears it.
namespace virga::compute::flows {

/// How often a process of a shared database says which hosts it hears: see tell_of_hosts.
inline constexpr std::chrono::milliseconds kTellOfHosts{1'000};

/// What the host says of itself is kept for when it is away, and for processes that it isn't connected to.
void keep_report(Dependencies& d, const std::string& host, const json::object& report);
/// Says of the hosts that answer here that they are heard, unless another process has just said so, and that those are
/// down that nobody has heard for four seconds. On a shared database only. Doesn't throw.
void tell_of_hosts(Dependencies& d);
/// Hosts that run servers, by name: as this process sees them or as was last said of them. One that is away doesn't
/// answer.
std::vector<rpc::HostState> all_compute_hosts(Dependencies& d);

}  // namespace virga::compute::flows
