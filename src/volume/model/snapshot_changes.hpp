#pragma once
#include "lifecycle/changes_to.hpp"
#include "volume/model/snapshot_state.hpp"

namespace virga::volume {

/// One allowed change of a snapshot's status.
struct SnapshotChange : lifecycle::Change<SnapshotStatus> {
    bool needs_unclaimed = false;  ///< no server that was accepted will need it
};

/// Cinder's snapshot status table.
namespace snapshot_change {

using enum SnapshotStatus;

inline constexpr bool kUnclaimed = true;

constexpr SnapshotChange change(std::string_view name, lifecycle::StateSet<SnapshotStatus> from,
                                std::optional<SnapshotStatus> to, bool needs_unclaimed = false) {
    return {{name, {from}, {to}}, needs_unclaimed};
}

inline constexpr SnapshotChange kFinishCreate = change("finish_create", {Creating}, Available);
inline constexpr SnapshotChange kFailCreate = change("fail_create", {Creating}, Error);
inline constexpr SnapshotChange kDelete =
    change("delete", {Available, Error, ErrorDeleting, Creating}, Deleting, kUnclaimed);
inline constexpr SnapshotChange kFailDelete = change("fail_delete", {Deleting}, ErrorDeleting);
inline constexpr SnapshotChange kDeleteAgain = change("delete_again", {Deleting}, Deleting, kUnclaimed);
inline constexpr SnapshotChange kBackup = change("backup", {Available}, BackingUp);
inline constexpr SnapshotChange kFinishBackup = change("finish_backup", {BackingUp}, Available);
inline constexpr SnapshotChange kRestore = change("restore", {Available}, Restoring);
inline constexpr SnapshotChange kFinishRestore = change("finish_restore", {Restoring}, Available);
inline constexpr SnapshotChange kUnmanage = change("unmanage", {Available, Error}, Unmanaging, kUnclaimed);
inline constexpr SnapshotChange kFailUnmanage = change("fail_unmanage", {Unmanaging}, Error);

template <SnapshotStatus... status>
constexpr std::array<SnapshotChange, sizeof...(status)> resets_to() {
    return {{change(lifecycle::name_to<"reset.", status>(), lifecycle::StateSet<SnapshotStatus>::any(), status)...}};
}
/// An administrator says what it is.
inline constexpr auto kResets = resets_to<Creating, Available, Deleting, Error, ErrorDeleting>();

/// Whoever makes or deletes it on another's behalf says how far that is.
inline constexpr std::array<SnapshotChange, 5> kTold{
    change("told.creating", {Creating}, Creating), change("told.available", {Creating}, Available),
    change("told.error", {Creating}, Error), change("told.deleting", {Deleting}, Deleting),
    change("told.error_deleting", {Deleting}, ErrorDeleting)};

}  // namespace snapshot_change

using SnapshotMachine = lifecycle::Machine<SnapshotChange, 1>;
const SnapshotMachine& snapshot_machine();

}  // namespace virga::volume
