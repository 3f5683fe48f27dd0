#pragma once
#include "lifecycle/changes_to.hpp"
#include "volume/model/group_state.hpp"

namespace virga::volume {

/// One allowed change of a group's status.
struct GroupChange : lifecycle::Change<GroupStatus> {};

/// Cinder's group status table.
namespace group_change {

using enum GroupStatus;

constexpr GroupChange change(std::string_view name, lifecycle::StateSet<GroupStatus> from,
                             std::optional<GroupStatus> to) {
    return {{name, {from}, {to}}};
}

inline constexpr GroupChange kFinishCreate = change("finish_create", {Creating}, Available);
inline constexpr GroupChange kFailCreate = change("fail_create", {Creating}, Error);
inline constexpr GroupChange kUpdate = change("update", {Available}, std::nullopt);
inline constexpr GroupChange kSnapshot = change("snapshot", {Available}, std::nullopt);
inline constexpr GroupChange kDelete = change("delete", {Available, Error, ErrorDeleting}, Deleting);
inline constexpr GroupChange kFailDelete = change("fail_delete", {Deleting}, ErrorDeleting);

template <GroupStatus... status>
constexpr std::array<GroupChange, sizeof...(status)> resets_to() {
    return {{change(lifecycle::name_to<"reset.", status>(), lifecycle::StateSet<GroupStatus>::any(), status)...}};
}
/// An administrator says what it is.
inline constexpr auto kResets = resets_to<Creating, Available, Deleting, Error, ErrorDeleting, Updating>();

}  // namespace group_change

using GroupMachine = lifecycle::Machine<GroupChange, 1>;
const GroupMachine& group_machine();

/// One allowed change of the status of a group's snapshot.
struct GroupSnapshotChange : lifecycle::Change<GroupStatus> {};

/// The same of snapshots of groups.
namespace group_snapshot_change {

using enum GroupStatus;

constexpr GroupSnapshotChange change(std::string_view name, lifecycle::StateSet<GroupStatus> from,
                                     std::optional<GroupStatus> to) {
    return {{name, {from}, {to}}};
}

inline constexpr GroupSnapshotChange kFinishCreate = change("finish_create", {Creating}, Available);
inline constexpr GroupSnapshotChange kFailCreate = change("fail_create", {Creating}, Error);
inline constexpr GroupSnapshotChange kDelete = change("delete", {Available, Error, ErrorDeleting}, Deleting);
inline constexpr GroupSnapshotChange kFailDelete = change("fail_delete", {Deleting}, ErrorDeleting);

template <GroupStatus... status>
constexpr std::array<GroupSnapshotChange, sizeof...(status)> resets_to() {
    return {{change(lifecycle::name_to<"reset.", status>(), lifecycle::StateSet<GroupStatus>::any(), status)...}};
}
/// An administrator says what it is.
inline constexpr auto kResets = resets_to<Creating, Available, Deleting, Error, ErrorDeleting, Updating>();

}  // namespace group_snapshot_change

using GroupSnapshotMachine = lifecycle::Machine<GroupSnapshotChange, 1>;
const GroupSnapshotMachine& group_snapshot_machine();

}  // namespace virga::volume
