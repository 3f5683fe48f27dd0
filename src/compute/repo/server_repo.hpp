#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compute/model/block_device.hpp"
#include "compute/model/server.hpp"
#include "db/database.hpp"

/// SQL of servers and their block device mappings. All functions run in the caller's transaction.
namespace virga::compute::repo {

void insert_server(db::Transaction& tx, const Server& server);
/// nullopt when there is no such row (deleted servers have none).
/// Whoever changes the row meanwhile waits for the end of this transaction. Nothing when there is none.
void hold_server(db::Transaction& tx, const ServerId& id);
std::optional<Server> find_server(db::Transaction& tx, const ServerId& id);
/// Throws Error{NotFound} "Instance <id> could not be found."
Server get_server(db::Transaction& tx, const ServerId& id);
/// What lists of changes (Deleted::Too) show of a deleted server, as long as forget_deleted_servers lets it.
enum class Line { Kept, None };
/// Gives back what it holds on hosts, whose rows are locked from then on: the last that a transaction should do.
void delete_server(db::Transaction& tx, const ServerId& id, Line line = Line::Kept);
/// Drops what was deleted before `time`, and of the rest all but the newest `most`.
void forget_deleted_servers(db::Transaction& tx, TimestampUs time, std::int64_t most);
/// Whether there was such a server and it has been deleted: its actions tell, also when its line is forgotten.
bool was_deleted(db::Transaction& tx, const ServerId& id);
std::vector<ServerId> all_server_ids(db::Transaction& tx);

/// Whether a list has servers that were deleted a while ago.
enum class Deleted { No, Too, Only };

struct ServerSort {
    std::string column;  ///< of the table
    bool ascending = false;
};
/// Whether lists can be sorted by the column.
bool is_sort_column(const std::string& column);

/// What a list asks for. Empty fields don't narrow.
struct ServerFilter {
    std::string project;
    std::vector<std::pair<std::string, std::string>> equal;  ///< column of the table and its value, empty ones too
    std::vector<ServerId> ids;                               ///< empty: any
    std::vector<VmState> vm_states;                          ///< empty: any
    std::string name;                                        ///< substring
    std::string host;
    std::optional<TimestampUs> changed_since_us;
    std::optional<TimestampUs> changed_before_us;
    Deleted deleted = Deleted::No;
    /// The id is added as the last key, in the direction of the one before it.
    std::vector<ServerSort> sort = {{"created_us", false}};
    std::string marker;  ///< id of a server that the list may show; another one throws Error{InvalidInput}
    std::size_t limit = 1000;
    /// What SQL can't say (regular expressions, tags): rows that it refuses don't count for `limit`.
    std::function<bool(const Server&)> accept;
    /// The same for what other tables say: takes away what isn't wanted of many rows at once, those that `accept` took.
    std::function<void(std::vector<Server>&)> narrow;
};
std::vector<Server> list_servers(db::Transaction& tx, const ServerFilter& filter);

/// Writes what users may edit: name, description, hostname, metadata, tags, lock, access addresses, disk_config.
void update_details(db::Transaction& tx, const Server& server);
void set_power_state(db::Transaction& tx, const ServerId& id, PowerState state);
/// It runs since `time`; its guest has been told the password.
void set_running(db::Transaction& tx, const ServerId& id, TimestampUs time);
void forget_admin_password(db::Transaction& tx, const ServerId& id);
void set_root_device_name(db::Transaction& tx, const ServerId& id, const std::string& name);
void set_fault(db::Transaction& tx, const ServerId& id, const ServerFault& fault);

void insert_block_device(db::Transaction& tx, const BlockDevice& device);
// Each writes what its caller owns, so that none takes back what another changed after the device was read:

/// How the guest sees it: type, bus, name.
void name_block_device(db::Transaction& tx, const BlockDevice& device);
/// Its volume, attachment and connection.
void link_block_device(db::Transaction& tx, const BlockDevice& device);
void set_delete_on_termination(db::Transaction& tx, const BdmId& id, bool is_deleted);
void delete_block_device(db::Transaction& tx, const BdmId& id);
/// In order of position.
std::vector<BlockDevice> block_devices(db::Transaction& tx, const ServerId& server);
/// Those of many servers that have a volume, in few statements, without connection_info.
std::unordered_map<ServerId, std::vector<BlockDevice>> volumes_of(db::Transaction& tx,
                                                                  const std::vector<ServerId>& servers);
std::optional<BlockDevice> find_block_device(db::Transaction& tx, const BdmId& id);
std::optional<BlockDevice> find_by_volume(db::Transaction& tx, const ServerId& server, const std::string& volume_id);

/// What servers of a project take of its quota.
struct ProjectUsage {
    std::int64_t servers = 0;
    std::int64_t vcpus = 0;
    std::int64_t memory_mib = 0;
};
/// From its counters, which change with its servers.
ProjectUsage usage_of_project(db::Transaction& tx, const ProjectId& project);
/// For `virga check`: those whose counters aren't the sums of their servers.
std::vector<std::string> projects_with_wrong_usage(db::Transaction& tx);
/// Servers of each host that has any, by its name.
std::map<std::string, std::vector<ServerId>> servers_of_hosts(db::Transaction& tx);

/// One line of os-instance-actions.
struct InstanceAction {
    std::string action;  ///< create, delete, start, stop, reboot, attach_volume, ...
    ServerId server;
    std::string request_id;
    std::string user_id;
    std::string project_id;
    FlowId flow;
    TimestampUs start_us = 0;
    std::string server_name = {};  ///< at that time; filled by insert_action
};
/// Actions of one server that are kept: as many as one page of the list has.
inline constexpr std::int64_t kMostActions = 1000;
/// Of more than kMostActions the oldest are forgotten: never `create`, nor one whose flow has not ended.
void insert_action(db::Transaction& tx, const InstanceAction& action);
/// Newest first. Kept after the server is deleted.
std::vector<InstanceAction> actions_of(db::Transaction& tx, const ServerId& server);
/// Those of servers that are gone and whose delete was asked for before `time`: of 500 at most, the oldest first.
/// Returns of how many. Nobody knows afterwards that there were such servers: see was_deleted.
std::int64_t forget_actions(db::Transaction& tx, TimestampUs time);

}  // namespace virga::compute::repo
