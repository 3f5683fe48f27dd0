#include "compute/model/server_state.hpp"

#include <map>

namespace virga::compute {
namespace {

struct StatusRule {
    std::string_view fallback;
    std::map<TaskState, std::string_view> by_task;
};

// block-devices.md 7: a task_state that is not listed leaves the word of the vm_state.
const std::map<VmState, StatusRule>& rules() {
    static const std::map<VmState, StatusRule> table{
        {VmState::Active,
         {"ACTIVE",
          {{TaskState::Rebooting, "REBOOT"},
           {TaskState::RebootingHard, "HARD_REBOOT"},
           {TaskState::UpdatingPassword, "PASSWORD"},
           {TaskState::Rebuilding, "REBUILD"},
           {TaskState::RebuildBlockDeviceMapping, "REBUILD"},
           {TaskState::RebuildSpawning, "REBUILD"},
           {TaskState::Migrating, "MIGRATING"},
           {TaskState::ResizePrep, "RESIZE"},
           {TaskState::ResizeMigrating, "RESIZE"},
           {TaskState::ResizeMigrated, "RESIZE"},
           {TaskState::ResizeFinish, "RESIZE"}}}},
        {VmState::Building, {"BUILD", {}}},
        {VmState::Stopped,
         {"SHUTOFF",
          {{TaskState::Rebuilding, "REBUILD"},
           {TaskState::RebuildBlockDeviceMapping, "REBUILD"},
           {TaskState::RebuildSpawning, "REBUILD"},
           {TaskState::ResizePrep, "RESIZE"},
           {TaskState::ResizeMigrating, "RESIZE"},
           {TaskState::ResizeMigrated, "RESIZE"},
           {TaskState::ResizeFinish, "RESIZE"}}}},
        {VmState::Resized, {"VERIFY_RESIZE", {{TaskState::ResizeReverting, "REVERT_RESIZE"}}}},
        {VmState::Paused, {"PAUSED", {{TaskState::Migrating, "MIGRATING"}}}},
        {VmState::Suspended, {"SUSPENDED", {}}},
        {VmState::Rescued, {"RESCUE", {}}},
        {VmState::Error,
         {"ERROR",
          {{TaskState::Rebuilding, "REBUILD"},
           {TaskState::RebuildBlockDeviceMapping, "REBUILD"},
           {TaskState::RebuildSpawning, "REBUILD"}}}},
        {VmState::Deleted, {"DELETED", {}}},
        {VmState::SoftDeleted, {"SOFT_DELETED", {}}},
        {VmState::Shelved, {"SHELVED", {}}},
        {VmState::ShelvedOffloaded, {"SHELVED_OFFLOADED", {}}},
    };
    return table;
}

}  // namespace

std::string_view api_status(VmState vm_state, TaskState task_state) {
    const auto& rule = rules().at(vm_state);
    const auto by_task = rule.by_task.find(task_state);
    return by_task == rule.by_task.end() ? rule.fallback : by_task->second;
}

std::vector<VmState> vm_states_of(std::string_view status) {
    std::vector<VmState> states;
    for (const auto& [vm_state, rule] : rules()) {
        bool gives = rule.fallback == status;
        for (const auto& entry : rule.by_task) gives = gives || entry.second == status;
        if (gives) states.push_back(vm_state);
    }
    return states;
}

}  // namespace virga::compute
