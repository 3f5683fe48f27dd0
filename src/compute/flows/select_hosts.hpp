#pragma once
#include <set>
#include <string>
#include <vector>

#include "compute/flows/flows.hpp"
#include "compute/model/host.hpp"
#include "compute/scheduler/scheduler.hpp"

/// What conductor.schedule gathers for the scheduler.
namespace virga::compute::flows {

struct Selection {
    scheduler::Choice choice;  ///< without hosts: none fits
    std::vector<Host> hosts;   ///< those that were looked at
    std::size_t total = 0;     ///< number of hosts that the choice's rejections are of
    bool may_return = false;   ///< none fits, but no host is connected, or not the one that the server is tied to

    const Host& host(const std::string& name) const;
};

/// At most `most` hosts for the server, the best first. Looks at the hosts that the request names, or else at a page of
/// 32 with the most free room, and at some further pages as long as too few of them pass the other filters. That it
/// finds none says nothing of the hosts that it hasn't looked at.
Selection select_hosts(db::Transaction& tx, Dependencies& d, const scheduler::Request& request, std::size_t most);
/// Judges every host, after it has seen to it that each connected one has its row: what it doesn't find isn't there.
/// Looks at those with room; without one that passes, the others are counted by what refuses them. The choice says why
/// each host is refused: how many by which filter, and the first ones by name.
Selection select_of_all_hosts(Dependencies& d, const scheduler::Request& request, std::size_t most);

/// Adds to the request the hosts that volumes of the list, or what they are to be made from, tie the server to, or
/// draw it to.
void add_volume_hosts(db::Transaction& tx, Dependencies& d, const std::vector<BlockDevice>& devices,
                      scheduler::Request& request);

}  // namespace virga::compute::flows
