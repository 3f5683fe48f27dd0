#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "compute/flows/flows.hpp"
#include "compute/scheduler/scheduler.hpp"

/// What conductor.schedule gathers for the scheduler.
namespace virga::compute::flows {

struct HostViews {
    std::vector<scheduler::HostView> views;
    std::map<std::string, std::string> storage_zones;  ///< those that have volume backends, and the zone they report
};

/// Connected hosts that run servers, with what their servers have taken. Of a large cloud only as many are counted as
/// give enough candidates, starting at a place that depends on the server, so that the cost of a boot doesn't grow with
/// the number of hosts and boots spread.
HostViews host_views(db::Transaction& tx, Dependencies& d, const scheduler::Request& request, const ServerId& server);

void fill_usage(db::Transaction& tx, scheduler::HostView& view);
scheduler::AllocationPercent allocation(const config::Config& config);

/// Root (when it is local), ephemeral and swap disks: what repo::usage_of_host counts, too.
std::int64_t local_disk_gib(const Server& server, const std::vector<BlockDevice>& devices);

/// Hosts that volumes of the list, or what they are to be made from, tie the server to.
std::set<std::string> volume_hosts(db::Transaction& tx, Dependencies& d, const std::vector<BlockDevice>& devices);

}  // namespace virga::compute::flows
