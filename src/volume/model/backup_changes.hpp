#pragma once
#include "lifecycle/changes_to.hpp"
#include "volume/model/backup_state.hpp"

namespace virga::volume {

/// One allowed change of a backup's status.
struct BackupChange : lifecycle::Change<BackupStatus> {};

/// Cinder's backup status table.
namespace backup_change {

using enum BackupStatus;

constexpr BackupChange change(std::string_view name, lifecycle::StateSet<BackupStatus> from,
                              std::optional<BackupStatus> to) {
    return {{name, {from}, {to}}};
}

inline constexpr BackupChange kFinishCreate = change("finish_create", {Creating}, Available);
inline constexpr BackupChange kFailCreate = change("fail_create", {Creating}, Error);
inline constexpr BackupChange kRestore = change("restore", {Available}, Restoring);
inline constexpr BackupChange kFinishRestore = change("finish_restore", {Restoring}, Available);
inline constexpr BackupChange kDelete = change("delete", {Available, Error, Creating}, Deleting);
inline constexpr BackupChange kForceDelete = change("force_delete", {Available, Error, Creating, Restoring}, Deleting);
inline constexpr BackupChange kFailDelete = change("fail_delete", {Deleting}, Error);

template <BackupStatus... status>
constexpr std::array<BackupChange, sizeof...(status)> resets_to() {
    return {{change(lifecycle::name_to<"reset.", status>(), lifecycle::StateSet<BackupStatus>::any(), status)...}};
}
/// An administrator says what it is.
inline constexpr auto kResets = resets_to<Available, Error>();

}  // namespace backup_change

using BackupMachine = lifecycle::Machine<BackupChange, 1>;
const BackupMachine& backup_machine();

}  // namespace virga::volume
