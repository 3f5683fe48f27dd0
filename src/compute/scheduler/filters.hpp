#pragma once
#include <optional>
#include <string>

#include "compute/scheduler/host_view.hpp"

namespace virga::compute::scheduler {

/// Why a host can't take a server.
struct Rejection {
    std::string filter;  ///< "RamFilter": the name that an operator of Nova looks for
    std::string reason;  ///< "RAM 2048 MiB > free 512 MiB"
};

/// The first filter that refuses the host, in the order RetryFilter, RequestedDestinationFilter, ComputeFilter,
/// AvailabilityZoneFilter, VolumeLocalityFilter, CoreFilter, RamFilter, DiskFilter; nullopt when all pass.
std::optional<Rejection> reject(const HostView& host, const Request& request);

/// What is left to share out; negative when more has been given than there is.
std::int64_t free_vcpus(const HostView& host);
std::int64_t free_memory_mib(const HostView& host);
std::int64_t free_disk_gib(const HostView& host);

}  // namespace virga::compute::scheduler
