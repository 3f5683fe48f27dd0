#pragma once
#include <string>
#include <string_view>
#include <tuple>

#include "compute/model/server.hpp"
#include "lifecycle/machine.hpp"

namespace virga::compute {

/// One allowed change of a server's (vm_state, task_state).
struct ServerChange : lifecycle::Change<VmState, TaskState> {
    bool needs_launched = false;  ///< of something that was active once
};

/// All changes there are. What users ask for has one word; the steps of flows and what administrators and hosts bring
/// about have two.
namespace server_change {

using enum VmState;
using lifecycle::StateSet;

inline constexpr auto kAnyVm = StateSet<VmState>::any();
inline constexpr auto kAnyTask = StateSet<TaskState>::any();
inline constexpr StateSet<TaskState> kNoTask{TaskState::None};
inline constexpr StateSet<VmState> kRebootable{Active, Stopped, Paused, Suspended, Error};
inline constexpr StateSet<TaskState> kRebooting{TaskState::Rebooting, TaskState::RebootingHard};
/// A lost host, or one that filled up, sends a build back from each of its steps.
inline constexpr StateSet<TaskState> kBuilding{TaskState::None, TaskState::Scheduling, TaskState::Networking,
                                               TaskState::BlockDeviceMapping, TaskState::Spawning};

inline constexpr ServerChange kCreateNetworking{
    {"create.networking",
     {{Building}, {TaskState::None, TaskState::Scheduling, TaskState::Networking}},
     {Building, TaskState::Networking}}};
inline constexpr ServerChange kCreateBlockDeviceMapping{
    {"create.block_device_mapping",
     {{Building}, {TaskState::Networking, TaskState::BlockDeviceMapping}},
     {Building, TaskState::BlockDeviceMapping}}};
inline constexpr ServerChange kCreateSpawning{{"create.spawning",
                                               {{Building}, {TaskState::BlockDeviceMapping, TaskState::Spawning}},
                                               {Building, TaskState::Spawning}}};
inline constexpr ServerChange kCreateFinish{
    {"create.finish", {{Building}, {TaskState::Spawning}}, {Active, TaskState::None}}};
inline constexpr ServerChange kCreateReschedule{
    {"create.reschedule", {{Building}, kBuilding}, {Building, TaskState::Scheduling}}};
inline constexpr ServerChange kCreateFail{{"create.fail", {{Building, Error}, kBuilding}, {Error, TaskState::None}}};

inline constexpr ServerChange kDelete{{"delete", {kAnyVm, kAnyTask}, {std::nullopt, TaskState::Deleting}}};

inline constexpr ServerChange kStart{{"start", {{Stopped}, kNoTask}, {std::nullopt, TaskState::PoweringOn}}, true};
inline constexpr ServerChange kStartFinish{
    {"start.finish", {{Stopped}, {TaskState::PoweringOn}}, {Active, TaskState::None}}};
inline constexpr ServerChange kStartFail{
    {"start.fail", {{Stopped}, {TaskState::PoweringOn}}, {std::nullopt, TaskState::None}}};

inline constexpr ServerChange kStop{{"stop", {{Active, Error}, kNoTask}, {std::nullopt, TaskState::PoweringOff}}, true};
inline constexpr ServerChange kStopFinish{
    {"stop.finish", {{Active, Error}, {TaskState::PoweringOff}}, {Stopped, TaskState::None}}};
inline constexpr ServerChange kStopFail{
    {"stop.fail", {{Active, Error}, {TaskState::PoweringOff}}, {std::nullopt, TaskState::None}}};

inline constexpr ServerChange kRebootSoft{{"reboot_soft", {{Active}, kNoTask}, {std::nullopt, TaskState::Rebooting}},
                                          true};
inline constexpr ServerChange kRebootHard{
    {"reboot_hard", {kRebootable, kNoTask}, {std::nullopt, TaskState::RebootingHard}}, true};
inline constexpr ServerChange kRebootFinish{{"reboot.finish", {kRebootable, kRebooting}, {Active, TaskState::None}}};
inline constexpr ServerChange kRebootFail{{"reboot.fail", {kRebootable, kRebooting}, {Error, TaskState::None}}};

inline constexpr ServerChange kAttachVolume{
    {"attach_volume",
     {{Active, Paused, Stopped, Resized, SoftDeleted, Shelved, ShelvedOffloaded}, kNoTask},
     {std::nullopt, std::nullopt}},
    true};
inline constexpr ServerChange kDetachVolume{
    {"detach_volume",
     {{Active, Paused, Suspended, Stopped, Resized, SoftDeleted, Shelved, ShelvedOffloaded}, kNoTask},
     {std::nullopt, std::nullopt}}};
inline constexpr ServerChange kDetachInterface{
    {"detach_interface", {{Active, Paused, Suspended, Stopped, Error}, kNoTask}, {std::nullopt, std::nullopt}}};
inline constexpr ServerChange kUpdateMetadata{
    {"update_metadata", {{Active, Paused, Suspended, Stopped}, kAnyTask}, {std::nullopt, std::nullopt}}};
inline constexpr ServerChange kUpdateTags{
    {"update_tags", {{Active, Paused, Suspended, Stopped}, kAnyTask}, {std::nullopt, std::nullopt}}};

/// The guest was seen to have ended, or to run, by itself.
inline constexpr ServerChange kSyncStopped{{"sync.stopped", {{Active}, kNoTask}, {Stopped, TaskState::None}}};
inline constexpr ServerChange kSyncActive{{"sync.active", {{Stopped}, kNoTask}, {Active, TaskState::None}}};
/// An administrator says what it is.
inline constexpr ServerChange kResetActive{{"reset.active", {kAnyVm, kAnyTask}, {Active, TaskState::None}}};
inline constexpr ServerChange kResetError{{"reset.error", {kAnyVm, kAnyTask}, {Error, TaskState::None}}};

}  // namespace server_change

using ServerMachine = lifecycle::Machine<ServerChange, 2>;
const ServerMachine& server_machine();
/// By the name that it has in a stored flow. Throws Error{Corrupt} when there is none of this name.
const ServerChange& change_named(std::string_view name);

inline std::tuple<VmState, TaskState> states_of(const Server& server) {
    return {server.vm_state, server.task_state};
}

bool allowed(const ServerChange& change, const Server& server);
/// "Cannot 'stop' instance <id> while it is in vm_state building"; names the task_state when that is the obstacle,
/// or says that the server was never active.
std::string refusal(const ServerChange& change, const Server& server);
/// Throws Error{Conflict} with the refusal.
void require_allowed(const ServerChange& change, const Server& server);

}  // namespace virga::compute
