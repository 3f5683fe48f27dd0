#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "compute/flows/flows.hpp"

/// Commands to hosts, as the tasks of this folder send them.
namespace virga::compute::flows {

/// Where a whole boot would otherwise hang on a lost host, a command ends after these times.
inline constexpr std::chrono::milliseconds kShortDeadline{60'000};
inline constexpr std::chrono::milliseconds kSpawnDeadline{180'000};
inline constexpr std::chrono::milliseconds kDestroyDeadline{120'000};
inline constexpr std::chrono::milliseconds kImageDeadline{6 * 3600 * 1000};

/// Delete, and what must not be given up, is tried again for ten years.
inline constexpr int kForeverSeconds = 10 * 365 * 24 * 3600;

/// Options of a command of a forward step: the same id for each attempt of this step on this host; ends early when the
/// flow is cancelled.
rpc::CallOptions call_options(const taskflow::TaskContext& context, std::string_view part,
                              std::chrono::milliseconds deadline);
/// The same for a revert, which must run to its end although the flow is cancelled.
rpc::CallOptions revert_options(const taskflow::TaskContext& context, std::string_view part,
                                std::chrono::milliseconds deadline);

/// Calls a host to clean up. False: the host is down, so that nothing can be cleaned there now (reconcile_host does it
/// when it comes back). Any refusal of the host becomes a retryable Error{Busy}, so that cleaning is tried again and
/// never dropped.
bool clean_up(Dependencies& d, const std::string& host, std::string_view method, json::object params,
              const rpc::CallOptions& options);

/// Ends the connection of a volume to a host. False: not asked, because storage and connector are the same machine and
/// that machine is down. Errors as of clean_up; a volume that is gone has no connection.
bool end_connection(Dependencies& d, const VolumeId& volume, const std::string& connector_host,
                    const rpc::CallOptions& options);

}  // namespace virga::compute::flows
