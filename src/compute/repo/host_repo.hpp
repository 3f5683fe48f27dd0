#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compute/model/host.hpp"
#include "db/database.hpp"

/// SQL of the hosts that run servers, and of what they have left to share out.
namespace virga::compute::repo {

std::optional<Host> find_host(db::Transaction& tx, const std::string& name);
/// By name.
std::vector<Host> all_hosts(db::Transaction& tx);
/// The first so many, by name.
std::vector<Host> first_hosts(db::Transaction& tx, std::size_t most);
/// Names, at most so many.
std::vector<std::string> hosts_that_are_up(db::Transaction& tx, std::size_t most);
std::vector<std::string> hosts_that_are_down(db::Transaction& tx);
bool any_has_remote_disks(db::Transaction& tx);

/// For `virga check`: those whose counters aren't the sums of the claims on them. Found in one statement.
std::vector<Host> hosts_with_wrong_counters(db::Transaction& tx);

/// Where a page of hosts_with_room ended.
struct HostMarker {
    std::int64_t free_memory_mib = 0;
    std::string name;
};
/// At most `limit` hosts that were up when last heard of and are neither disabled nor forced down, in `zone` (empty:
/// any), with room for `wanted`:
/// those with the most free memory first, read from an index in that order.
std::vector<Host> hosts_with_room(db::Transaction& tx, const Amounts& wanted, const std::string& zone,
                                  const std::optional<HostMarker>& after, std::size_t limit);

/// Makes or changes the row: the host is up. Its counters stay as they are.
void save_host(db::Transaction& tx, const HostReport& report);
/// Of all hosts, by name.
std::map<std::string, ServiceState> service_states(db::Transaction& tx);

// Nothing happens when there is no such row:

void save_service(db::Transaction& tx, const std::string& host, const ServiceState& service);
/// With what it last said of itself. It comes back, as a new one, when it connects again.
void forget_host(db::Transaction& tx, const std::string& name);
void set_host_up(db::Transaction& tx, const std::string& name, bool up);

}  // namespace virga::compute::repo
