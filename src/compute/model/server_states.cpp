#include "compute/model/server_states.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace virga::compute {
namespace {

bool contains(const std::vector<std::string>& states, std::string_view state) {
    return std::any_of(states.begin(), states.end(), [&](const auto& one) { return one == "*" || one == state; });
}

/// The word that messages use: the soft and the hard form of an action share it.
std::string_view verb(const ServerAction& action) {
    if (action.name.starts_with("reboot")) return "reboot";
    if (action.name == "update_metadata") return "update metadata of";
    if (action.name == "update_tags") return "update tags of";
    return action.name;
}

}  // namespace

const std::vector<ServerAction>& server_actions() {
    // Nova: the state checks of compute/api.py. Changes are listed in the order of a server's life.
    static const std::vector<ServerAction> table{
        {"create.networking", {"building"}, {"scheduling", "networking", ""}, "building", "networking"},
        {"create.block_device_mapping",
         {"building"},
         {"networking", "block_device_mapping"},
         "building",
         "block_device_mapping"},
        {"create.spawning", {"building"}, {"block_device_mapping", "spawning"}, "building", "spawning"},
        {"create.finish", {"building"}, {"spawning"}, "active", ""},
        {"create.reschedule",
         {"building"},
         {"scheduling", "networking", "block_device_mapping", "spawning", ""},
         "building",
         "scheduling"},
        {"create.fail",
         {"building", "error"},
         {"scheduling", "networking", "block_device_mapping", "spawning", ""},
         "error",
         ""},
        {"delete", {"*"}, {"*"}, "", "deleting"},
        {"delete.fail", {"*"}, {"deleting"}, "error", ""},
        {"start", {"stopped"}, {""}, "", "powering-on", true},
        {"start.finish", {"stopped"}, {"powering-on"}, "active", ""},
        {"start.fail", {"stopped"}, {"powering-on"}, "", ""},
        {"stop", {"active", "error"}, {""}, "", "powering-off", true},
        {"stop.finish", {"active", "error"}, {"powering-off"}, "stopped", ""},
        {"stop.fail", {"active", "error"}, {"powering-off"}, "", ""},
        {"reboot_soft", {"active"}, {""}, "", "rebooting", true},
        {"reboot_hard", {"active", "stopped", "paused", "suspended", "error"}, {""}, "", "rebooting_hard", true},
        {"reboot.finish",
         {"active", "stopped", "paused", "suspended", "error"},
         {"rebooting", "rebooting_hard"},
         "active",
         ""},
        {"reboot.fail",
         {"active", "stopped", "paused", "suspended", "error"},
         {"rebooting", "rebooting_hard"},
         "error",
         ""},
        {"attach_volume",
         {"active", "paused", "stopped", "resized", "soft-delete", "shelved", "shelved_offloaded"},
         {""},
         "",
         "",
         true},
        {"detach_volume",
         {"active", "paused", "suspended", "stopped", "resized", "soft-delete", "shelved", "shelved_offloaded"},
         {""},
         "",
         ""},
        {"detach_interface", {"active", "paused", "suspended", "stopped", "error"}, {""}, "", ""},
        {"update_metadata", {"active", "paused", "suspended", "stopped"}, {"*"}, "", ""},
        {"update_tags", {"active", "paused", "suspended", "stopped"}, {"*"}, "", ""},
    };
    return table;
}

const ServerAction& server_action(std::string_view name) {
    for (const auto& action : server_actions()) {
        if (action.name == name) return action;
    }
    throw Error(ErrorCode::Internal, "no server action " + std::string(name));
}

bool allowed(const ServerAction& action, const Server& server) {
    if (action.needs_launched && server.launched_us == 0) return false;
    return contains(action.from_vm, server.vm_state) && contains(action.from_task, server.task_state);
}

std::string refusal(const ServerAction& action, const Server& server) {
    const bool vm_is_fine = contains(action.from_vm, server.vm_state);
    const auto what = "Cannot '" + std::string(verb(action)) + "' instance " + server.id.value;
    if (vm_is_fine && action.needs_launched && server.launched_us == 0)
        return what + ", which has never been active: delete it and create another one";
    return what + " while it is in " + (vm_is_fine ? "task_state " + server.task_state : "vm_state " + server.vm_state);
}

void require_allowed(const ServerAction& action, const Server& server) {
    if (allowed(action, server)) return;
    throw Error(ErrorCode::Conflict, refusal(action, server), {}, server.id.value);
}

}  // namespace virga::compute
