#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "lifecycle/state.hpp"

namespace virga::compute {

using lifecycle::word;

/// What a server is.
enum class VmState {
    Building,
    Active,
    Stopped,
    Paused,
    Suspended,
    Rescued,
    Resized,
    Shelved,
    ShelvedOffloaded,
    SoftDeleted,
    Deleted,
    Error,
};

/// What is being done with it.
enum class TaskState {
    None,
    Scheduling,
    Networking,
    BlockDeviceMapping,
    Spawning,
    Deleting,
    PoweringOff,
    PoweringOn,
    Rebooting,
    RebootingHard,
    UpdatingPassword,
    Rebuilding,
    RebuildBlockDeviceMapping,
    RebuildSpawning,
    Migrating,
    ResizePrep,
    ResizeMigrating,
    ResizeMigrated,
    ResizeFinish,
    ResizeReverting,
};

inline constexpr std::array<std::string_view, 12> kVmStateWords{
    "building", "active",  "stopped",           "paused",      "suspended", "rescued",
    "resized",  "shelved", "shelved_offloaded", "soft-delete", "deleted",   "error"};
static_assert(kVmStateWords.size() == static_cast<std::size_t>(VmState::Error) + 1);
constexpr std::span<const std::string_view> state_words(VmState) {
    return kVmStateWords;
}

inline constexpr std::array<std::string_view, 20> kTaskStateWords{"",
                                                                  "scheduling",
                                                                  "networking",
                                                                  "block_device_mapping",
                                                                  "spawning",
                                                                  "deleting",
                                                                  "powering-off",
                                                                  "powering-on",
                                                                  "rebooting",
                                                                  "rebooting_hard",
                                                                  "updating_password",
                                                                  "rebuilding",
                                                                  "rebuild_block_device_mapping",
                                                                  "rebuild_spawning",
                                                                  "migrating",
                                                                  "resize_prep",
                                                                  "resize_migrating",
                                                                  "resize_migrated",
                                                                  "resize_finish",
                                                                  "resize_reverting"};
static_assert(kTaskStateWords.size() == static_cast<std::size_t>(TaskState::ResizeReverting) + 1);
constexpr std::span<const std::string_view> state_words(TaskState) {
    return kTaskStateWords;
}

/// The API's status word: ACTIVE, BUILD, DELETED, ERROR, HARD_REBOOT, PAUSED, REBOOT, SHUTOFF, ... (block-devices.md
/// 7).
std::string_view api_status(VmState vm_state, TaskState task_state);
/// The vm_states that may show as `status`; empty for an unknown word.
std::vector<VmState> vm_states_of(std::string_view status);

}  // namespace virga::compute
