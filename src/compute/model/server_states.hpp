#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "compute/model/server.hpp"

namespace virga::compute {

/// One allowed change of a server's (vm_state, task_state). "*" allows any state; an empty task is null.
struct ServerAction {
    std::string name;
    std::vector<std::string> from_vm;
    std::vector<std::string> from_task;
    std::string to_vm;  ///< empty: unchanged
    std::string to_task;
    bool needs_launched = false;  ///< of something that was active once
};

/// The one table of changes. What users ask for: delete, start, stop, reboot_soft, reboot_hard, attach_volume,
/// detach_volume, detach_interface, update_metadata, update_tags. Steps of flows: create.networking,
/// create.block_device_mapping, create.spawning, create.finish, create.reschedule, create.fail, start.finish,
/// start.fail, stop.finish, stop.fail, reboot.finish, reboot.fail, delete.fail. An unknown name throws Error{Internal}.
const std::vector<ServerAction>& server_actions();
const ServerAction& server_action(std::string_view name);

bool allowed(const ServerAction& action, const Server& server);
/// "Cannot 'stop' instance <id> while it is in vm_state building"; names the task_state when that is the obstacle,
/// or says that the server was never active.
std::string refusal(const ServerAction& action, const Server& server);
/// Throws Error{Conflict} with the refusal.
void require_allowed(const ServerAction& action, const Server& server);

}  // namespace virga::compute
