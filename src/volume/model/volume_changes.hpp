#pragma once
#include <tuple>
#include <vector>

#include "lifecycle/changes_to.hpp"
#include "volume/model/records.hpp"
#include "volume/model/volume_state.hpp"

namespace virga::volume {

/// What must hold for a volume besides its status.
struct VolumeNeeds {
    bool free = false;   ///< no server is being built with it
    bool stays = false;  ///< it isn't moving to another backend
    bool quiet = false;  ///< no snapshot of it is being made or deleted: its active file may change meanwhile
    bool any() const { return free || stays || quiet; }
};

/// One allowed change of a volume's (status, attach_status).
struct VolumeChange : lifecycle::Change<VolumeStatus, AttachStatus> {
    VolumeNeeds needs;
};

/// Cinder's volume status table.
namespace volume_change {

using enum VolumeStatus;
using lifecycle::StateSet;

inline constexpr auto kAnyStatus = StateSet<VolumeStatus>::any();
inline constexpr auto kAnyAttach = StateSet<AttachStatus>::any();

inline constexpr VolumeNeeds kFree{true, false, false};
inline constexpr VolumeNeeds kStays{true, true, false};
inline constexpr VolumeNeeds kQuiet{true, true, true};
inline constexpr VolumeNeeds kStaysForItsServer{false, true, false};

/// Where a change starts from.
struct From {
    StateSet<VolumeStatus> status;
    StateSet<AttachStatus> attach_status = kAnyAttach;
    constexpr From(std::initializer_list<VolumeStatus> among) : status(among) {}
    constexpr From(StateSet<VolumeStatus> among, StateSet<AttachStatus> attach = kAnyAttach)
        : status(among), attach_status(attach) {}
};

constexpr VolumeChange change(std::string_view name, const From& from, std::optional<VolumeStatus> to,
                              const VolumeNeeds& needs = {}) {
    return {{name, {from.status, from.attach_status}, {to, std::nullopt}}, needs};
}

inline constexpr StateSet<VolumeStatus> kDeletable{Available,     Error,         ErrorRestoring,  ErrorExtending,
                                                   ErrorManaging, ErrorDeleting, ErrorAttaching,  ErrorDetaching,
                                                   Creating,      Downloading,   RestoringBackup, ErrorBackingUp};
inline constexpr auto kAnyButDeleting = StateSet<VolumeStatus>::all_but({Deleting});

inline constexpr VolumeChange kCopyImage = change("copy_image", {Creating, Downloading}, Downloading);
inline constexpr VolumeChange kCreateFromBackup =
    change("create_from_backup", {Creating, RestoringBackup}, RestoringBackup);
inline constexpr VolumeChange kFinishCreate =
    change("finish_create", {Creating, Downloading, RestoringBackup}, Available);
inline constexpr VolumeChange kFailCreate =
    change("fail_create", {Creating, Downloading, Reserved, RestoringBackup}, Error);
inline constexpr VolumeChange kDelete = change("delete", {kDeletable, {AttachStatus::Detached}}, Deleting, kFree);
inline constexpr VolumeChange kForceDelete = change("force_delete", kAnyButDeleting, Deleting, kFree);
inline constexpr VolumeChange kFailDelete = change("fail_delete", {Deleting}, ErrorDeleting);
inline constexpr VolumeChange kDeleteAgain = change("delete_again", {Deleting}, Deleting);
inline constexpr VolumeChange kExtend = change("extend", {Available}, Extending, kQuiet);
inline constexpr VolumeChange kExtendOnline = change("extend_online", {InUse}, Extending, kQuiet);
inline constexpr VolumeChange kFinishExtend = change("finish_extend", {Extending}, Available);
inline constexpr VolumeChange kFinishExtendOnline = change("finish_extend_online", {Extending}, InUse);
inline constexpr VolumeChange kFailExtend = change("fail_extend", {Extending}, ErrorExtending);
inline constexpr VolumeChange kUpload = change("upload", {Available, InUse}, Uploading, kQuiet);
inline constexpr VolumeChange kFinishUpload = change("finish_upload", {Uploading}, Available);
inline constexpr VolumeChange kCheckRetype = change("check_retype", {Available, InUse}, std::nullopt, kStays);
inline constexpr VolumeChange kRetype = change("retype", {Available, InUse}, Retyping, kStays);
inline constexpr VolumeChange kFinishRetype = change("finish_retype", {Retyping}, Available);
inline constexpr VolumeChange kMigrate = change("migrate", {Available, InUse}, std::nullopt, kStays);
inline constexpr VolumeChange kMigrateLocked = change("migrate_locked", {Available}, Maintenance, kStays);
inline constexpr VolumeChange kFinishMigrate = change("finish_migrate", {Maintenance}, Available);
inline constexpr VolumeChange kRevert = change("revert", {Available}, Reverting, kQuiet);
inline constexpr VolumeChange kFinishRevert = change("finish_revert", {Reverting}, Available);
inline constexpr VolumeChange kFailRevert = change("fail_revert", {Reverting}, Error);
inline constexpr VolumeChange kReimage = change("reimage", {Available, Error}, Downloading, kQuiet);
inline constexpr VolumeChange kReimageReserved =
    change("reimage_reserved", {Available, Error, Reserved}, Downloading, kQuiet);
inline constexpr VolumeChange kFinishReimage = change("finish_reimage", {Downloading}, Available);
inline constexpr VolumeChange kFailReimage = change("fail_reimage", {Downloading, Reserved}, Error);
inline constexpr VolumeChange kFinishManage = change("finish_manage", {Managing}, Available);
inline constexpr VolumeChange kFailManage = change("fail_manage", {Managing}, ErrorManaging);
inline constexpr VolumeChange kUnmanage = change(
    "unmanage", {{Available, Error, ErrorExtending, ErrorDeleting}, {AttachStatus::Detached}}, Unmanaging, kStays);
inline constexpr VolumeChange kFailUnmanage = change("fail_unmanage", {Unmanaging}, Error);
inline constexpr VolumeChange kOffer = change("offer", {Available}, AwaitingTransfer, kStays);
inline constexpr VolumeChange kWithdraw = change("withdraw", {AwaitingTransfer}, Available);
inline constexpr VolumeChange kForceDetach =
    change("force_detach", {Error, ErrorAttaching, ErrorDetaching, Detaching, Attaching}, Available);
inline constexpr VolumeChange kSnapshot = change("snapshot", {Available}, std::nullopt, kStays);
inline constexpr VolumeChange kSnapshotOnline = change("snapshot_online", {Available, InUse}, std::nullopt, kStays);
inline constexpr VolumeChange kDeleteSnapshot =
    change("delete_snapshot", {Available, InUse, Error, ErrorExtending, ErrorDeleting}, std::nullopt);
inline constexpr VolumeChange kReserve = change("reserve", {Available, Downloading}, Reserved, kStays);
inline constexpr VolumeChange kReserveMade =
    change("reserve_made", {Available, Downloading}, Reserved, kStaysForItsServer);
inline constexpr VolumeChange kReserveMultiattach =
    change("reserve_multiattach", {Available, Downloading, InUse, Reserved, Attaching}, Reserved, kStays);
inline constexpr VolumeChange kReserveAgain = change("reserve_again", {InUse, Reserved}, Reserved, kStays);
inline constexpr VolumeChange kLegacyReserve = change("legacy_reserve", {Available}, Attaching, kStays);
inline constexpr VolumeChange kUnreserve = change("unreserve", {{Attaching}, {AttachStatus::Detached}}, Available);
inline constexpr VolumeChange kConnect = change("connect", {Reserved, Attaching, InUse}, Attaching);
inline constexpr VolumeChange kComplete = change("complete", {Attaching, Reserved, InUse}, InUse);
inline constexpr VolumeChange kBeginDetaching =
    change("begin_detaching", {{InUse}, {AttachStatus::Attached}}, Detaching, kStays);
inline constexpr VolumeChange kRollDetaching = change("roll_detaching", {Detaching}, InUse);
inline constexpr VolumeChange kBackup = change("backup", {Available}, BackingUp, kStays);
inline constexpr VolumeChange kForceBackup = change("force_backup", {Available, InUse}, BackingUp, kStays);
inline constexpr VolumeChange kFinishBackup = change("finish_backup", {BackingUp}, Available);
inline constexpr VolumeChange kRestoreBackup = change("restore_backup", {Available}, RestoringBackup, kStays);
inline constexpr VolumeChange kFinishRestore = change("finish_restore", {RestoringBackup}, Available);
inline constexpr VolumeChange kFailRestore = change("fail_restore", {RestoringBackup}, ErrorRestoring);
inline constexpr VolumeChange kSetReadonly = change("set_readonly", {Available}, std::nullopt, kStays);

/// With the first attachment.
inline constexpr VolumeChange kReserveFirst{
    {"reserve.first", {{Reserved}, {AttachStatus::Detached}}, {std::nullopt, AttachStatus::Reserved}}, {}};

/// Statuses that follow the attachments.
inline constexpr StateSet<VolumeStatus> kFollowing{Available, Reserved, Attaching, InUse, Detaching, ErrorAttaching};
constexpr VolumeChange follow(std::string_view name, VolumeStatus status, AttachStatus attach_status) {
    return {{name, {kFollowing, kAnyAttach}, {status, attach_status}}, {}};
}
inline constexpr VolumeChange kFollowAttached = follow("follow.attached", InUse, AttachStatus::Attached);
inline constexpr VolumeChange kFollowAttaching = follow("follow.attaching", Attaching, AttachStatus::Attaching);
inline constexpr VolumeChange kFollowDetaching = follow("follow.detaching", Detaching, AttachStatus::Detaching);
inline constexpr VolumeChange kFollowReserved = follow("follow.reserved", Reserved, AttachStatus::Reserved);
inline constexpr VolumeChange kFollowDetached = follow("follow.detached", Available, AttachStatus::Detached);
/// Its data is still being made.
inline constexpr VolumeChange kFollowUnfinished = follow("follow.unfinished", Downloading, AttachStatus::Detached);

/// A status that attachments have no part in (uploading, deleting, error, ...) stays.
constexpr VolumeChange note(std::string_view name, AttachStatus attach_status) {
    constexpr auto kOthers =
        StateSet<VolumeStatus>::all_but({Available, Reserved, Attaching, InUse, Detaching, ErrorAttaching});
    return {{name, {kOthers, kAnyAttach}, {std::nullopt, attach_status}}, {}};
}
inline constexpr VolumeChange kNoteAttached = note("note.attached", AttachStatus::Attached);
inline constexpr VolumeChange kNoteAttaching = note("note.attaching", AttachStatus::Attaching);
inline constexpr VolumeChange kNoteDetaching = note("note.detaching", AttachStatus::Detaching);
inline constexpr VolumeChange kNoteReserved = note("note.reserved", AttachStatus::Reserved);
inline constexpr VolumeChange kNoteDetached = note("note.detached", AttachStatus::Detached);

/// An administrator says what it is.
template <VolumeStatus... status>
constexpr std::array<VolumeChange, sizeof...(status)> resets_to() {
    return {{{{lifecycle::name_to<"reset.", status>(), {kAnyStatus, kAnyAttach}, {status, std::nullopt}}, {}}...}};
}
inline constexpr auto kResets =
    resets_to<Creating, Available, Deleting, Error, ErrorDeleting, ErrorManaging, Managing, Attaching, InUse, Detaching,
              Maintenance, RestoringBackup, ErrorRestoring, Reserved, AwaitingTransfer, BackingUp, ErrorBackingUp,
              ErrorExtending, Downloading, Uploading, Retyping, Extending>();
inline constexpr VolumeChange kResetAttached{
    {"reset.attached", {kAnyStatus, kAnyAttach}, {std::nullopt, AttachStatus::Attached}}, {}};
inline constexpr VolumeChange kResetDetached{
    {"reset.detached", {kAnyStatus, kAnyAttach}, {std::nullopt, AttachStatus::Detached}}, {}};

}  // namespace volume_change

using VolumeMachine = lifecycle::Machine<VolumeChange, 2>;
const VolumeMachine& volume_machine();

inline std::tuple<VolumeStatus, AttachStatus> states_of(const VolumeRecord& volume) {
    return {volume.status, volume.attach_status};
}

/// Cinder's rule: of the attachments without error the alphabetically first attach_status decides; none means detached.
/// `complete`: the volume's data is there.
const VolumeChange& change_by_attachments(VolumeStatus status, const std::vector<AttachStatus>& attachments,
                                          bool complete);

/// One allowed change of a volume's migration_status.
struct MigrationChange : lifecycle::Change<MigrationStatus> {};

namespace migration_change {

using enum MigrationStatus;

constexpr MigrationChange change(std::string_view name, lifecycle::StateSet<MigrationStatus> from, MigrationStatus to) {
    return {{name, {from}, {to}}};
}

/// A move goes on whatever an administrator says of it meanwhile.
inline constexpr auto kAny = lifecycle::StateSet<MigrationStatus>::any();
inline constexpr MigrationChange kBegin = change("begin", kAny, Starting);
inline constexpr MigrationChange kCopy = change("copy", kAny, Migrating);
inline constexpr MigrationChange kChangePlace = change("change_place", kAny, Completing);
inline constexpr MigrationChange kFinish = change("finish", kAny, Success);
inline constexpr MigrationChange kFail = change("fail", kAny, Error);

template <MigrationStatus... status>
constexpr std::array<MigrationChange, sizeof...(status)> resets_to() {
    return {{change(lifecycle::name_to<"reset.", status>(), kAny, status)...}};
}
/// An administrator says what it is.
inline constexpr auto kResets = resets_to<Starting, Migrating, Completing, Success, Error>();
inline constexpr MigrationChange kResetNone = change("reset.none", kAny, None);

}  // namespace migration_change

using MigrationMachine = lifecycle::Machine<MigrationChange, 1>;
const MigrationMachine& migration_machine();

}  // namespace virga::volume
