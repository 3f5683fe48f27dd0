#include "compute/model/server.hpp"

#include <map>

namespace virga::compute {
namespace {

struct StatusRule {
    std::string_view fallback;
    std::map<std::string_view, std::string_view> by_task;
};

// block-devices.md 7: a task_state that is not listed leaves the word of the vm_state.
const std::map<std::string_view, StatusRule>& rules() {
    static const std::map<std::string_view, StatusRule> table{
        {"active",
         {"ACTIVE",
          {{"rebooting", "REBOOT"},
           {"reboot_pending", "REBOOT"},
           {"reboot_started", "REBOOT"},
           {"rebooting_hard", "HARD_REBOOT"},
           {"reboot_pending_hard", "HARD_REBOOT"},
           {"reboot_started_hard", "HARD_REBOOT"},
           {"updating_password", "PASSWORD"},
           {"rebuilding", "REBUILD"},
           {"rebuild_block_device_mapping", "REBUILD"},
           {"rebuild_spawning", "REBUILD"},
           {"migrating", "MIGRATING"},
           {"resize_prep", "RESIZE"},
           {"resize_migrating", "RESIZE"},
           {"resize_migrated", "RESIZE"},
           {"resize_finish", "RESIZE"}}}},
        {"building", {"BUILD", {}}},
        {"stopped",
         {"SHUTOFF",
          {{"rebuilding", "REBUILD"},
           {"rebuild_block_device_mapping", "REBUILD"},
           {"rebuild_spawning", "REBUILD"},
           {"resize_prep", "RESIZE"},
           {"resize_migrating", "RESIZE"},
           {"resize_migrated", "RESIZE"},
           {"resize_finish", "RESIZE"}}}},
        {"resized", {"VERIFY_RESIZE", {{"resize_reverting", "REVERT_RESIZE"}}}},
        {"paused", {"PAUSED", {{"migrating", "MIGRATING"}}}},
        {"suspended", {"SUSPENDED", {}}},
        {"rescued", {"RESCUE", {}}},
        {"error",
         {"ERROR",
          {{"rebuilding", "REBUILD"}, {"rebuild_block_device_mapping", "REBUILD"}, {"rebuild_spawning", "REBUILD"}}}},
        {"deleted", {"DELETED", {}}},
        {"soft-delete", {"SOFT_DELETED", {}}},
        {"shelved", {"SHELVED", {}}},
        {"shelved_offloaded", {"SHELVED_OFFLOADED", {}}},
    };
    return table;
}

}  // namespace

std::string api_status(std::string_view vm_state, std::string_view task_state) {
    const auto rule = rules().find(vm_state);
    if (rule == rules().end()) return "UNKNOWN";
    const auto by_task = rule->second.by_task.find(task_state);
    return std::string(by_task == rule->second.by_task.end() ? rule->second.fallback : by_task->second);
}

std::vector<std::string> vm_states_of(std::string_view status) {
    std::vector<std::string> states;
    for (const auto& [vm_state, rule] : rules()) {
        bool gives = rule.fallback == status;
        for (const auto& entry : rule.by_task) gives = gives || entry.second == status;
        if (gives) states.emplace_back(vm_state);
    }
    return states;
}

}  // namespace virga::compute
