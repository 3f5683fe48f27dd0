#include "compute/scheduler/filters.hpp"

namespace virga::compute::scheduler {
namespace {

std::string more_than(const std::string& what, std::int64_t wanted, std::int64_t free, const std::string& unit) {
    return what + " " + std::to_string(wanted) + unit + " > free " + std::to_string(free) + unit;
}

std::optional<Rejection> reject_place(const HostView& host, const Request& request) {
    if (request.excluded.contains(host.name)) return Rejection{"RetryFilter", "the build failed here already"};
    if (!request.wanted_host.empty() && host.name != request.wanted_host) {
        return Rejection{"RequestedDestinationFilter", "host " + request.wanted_host + " was asked for"};
    }
    if (!host.up) return Rejection{"ComputeFilter", "host is down"};
    if (host.disabled) return Rejection{"ComputeFilter", "host is disabled"};
    if (!request.zone.empty() && host.zone != request.zone) {
        return Rejection{"AvailabilityZoneFilter", "zone is " + host.zone + ", not " + request.zone};
    }
    if (request.same_hosts && !request.same_hosts->contains(host.name)) {
        return Rejection{"SameHostFilter", "none of the servers of the hint same_host is there"};
    }
    if (request.different_hosts.contains(host.name)) {
        return Rejection{"DifferentHostFilter", "a server of the hint different_host is there"};
    }
    for (const auto& volume_host : request.volume_hosts) {
        if (volume_host != host.name) {
            return Rejection{"VolumeLocalityFilter", "a volume can only be reached on host " + volume_host};
        }
    }
    for (const auto& near : request.near_hosts) {
        if (near != host.name && !host.remote_disks) {
            return Rejection{"VolumeLocalityFilter", "a volume is on host " + near +
                                                         ", and this one has no certificates to reach it "
                                                         "(host.tls_folder)"};
        }
    }
    return std::nullopt;
}

std::optional<Rejection> reject_capacity(const HostView& host, const Request& request) {
    const auto cpus = free_vcpus(host);
    const auto memory = free_memory_mib(host);
    const auto disk = free_disk_gib(host);
    if (request.vcpus > cpus) return Rejection{"CoreFilter", more_than("VCPUs", request.vcpus, cpus, "")};
    if (request.memory_mib > memory) {
        return Rejection{"RamFilter", more_than("RAM", request.memory_mib, memory, " MiB")};
    }
    // A server without local disks fits on a host whose disk is full.
    if (request.disk_gib > 0 && request.disk_gib > disk) {
        return Rejection{"DiskFilter", more_than("disk", request.disk_gib, disk, " GiB")};
    }
    return std::nullopt;
}

}  // namespace

std::int64_t free_vcpus(const HostView& host) {
    return host.vcpus - host.used_vcpus;
}

std::int64_t free_memory_mib(const HostView& host) {
    return host.memory_mib - host.used_memory_mib;
}

std::int64_t free_disk_gib(const HostView& host) {
    return host.disk_gib - host.used_disk_gib;
}

std::optional<Rejection> reject(const HostView& host, const Request& request) {
    if (auto place = reject_place(host, request)) return place;
    return reject_capacity(host, request);
}

}  // namespace virga::compute::scheduler
