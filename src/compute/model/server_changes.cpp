#include "compute/model/server_changes.hpp"

#include <array>

#include "base/error.hpp"

namespace virga::compute {
namespace {

/// The word that messages use: the soft and the hard form of an action share it.
std::string_view verb(const ServerChange& change) {
    if (change.name.starts_with("reboot")) return "reboot";
    if (change.name == server_change::kUpdateMetadata.name) return "update metadata of";
    if (change.name == server_change::kUpdateTags.name) return "update tags of";
    return change.name;
}

}  // namespace

const ServerMachine& server_machine() {
    using namespace server_change;
    // In the order of a server's life.
    static constexpr std::array<const ServerChange*, 26> kChanges{&kCreateNetworking,
                                                                  &kCreateBlockDeviceMapping,
                                                                  &kCreateSpawning,
                                                                  &kCreateFinish,
                                                                  &kCreateReschedule,
                                                                  &kCreateFail,
                                                                  &kDelete,
                                                                  &kStart,
                                                                  &kStartFinish,
                                                                  &kStartFail,
                                                                  &kStop,
                                                                  &kStopFinish,
                                                                  &kStopFail,
                                                                  &kRebootSoft,
                                                                  &kRebootHard,
                                                                  &kRebootFinish,
                                                                  &kRebootFail,
                                                                  &kAttachVolume,
                                                                  &kDetachVolume,
                                                                  &kDetachInterface,
                                                                  &kUpdateMetadata,
                                                                  &kUpdateTags,
                                                                  &kSyncStopped,
                                                                  &kSyncActive,
                                                                  &kResetActive,
                                                                  &kResetError};
    static constexpr ServerMachine kMachine{"server", "servers", {"vm_state", "task_state"}, kChanges};
    return kMachine;
}

const ServerChange& change_named(std::string_view name) {
    for (const auto* change : server_machine().changes) {
        if (change->name == name) return *change;
    }
    throw Error(ErrorCode::Corrupt, "A flow has a step that is unknown.",
                "no change of a server is named '" + std::string(name) + "'");
}

bool allowed(const ServerChange& change, const Server& server) {
    if (change.needs_launched && server.launched_us == 0) return false;
    return lifecycle::starts_from(change, states_of(server));
}

std::string refusal(const ServerChange& change, const Server& server) {
    const bool vm_is_fine = std::get<0>(change.from).contains(server.vm_state);
    const auto what = "Cannot '" + std::string(verb(change)) + "' instance " + server.id.value;
    if (vm_is_fine && change.needs_launched && server.launched_us == 0)
        return what + ", which has never been active: delete it and create another one";
    return what + " while it is in " +
           (vm_is_fine ? "task_state " + std::string(lifecycle::word(server.task_state))
                       : "vm_state " + std::string(lifecycle::word(server.vm_state)));
}

void require_allowed(const ServerChange& change, const Server& server) {
    if (allowed(change, server)) return;
    throw Error(ErrorCode::Conflict, refusal(change, server), {}, server.id.value);
}

}  // namespace virga::compute
