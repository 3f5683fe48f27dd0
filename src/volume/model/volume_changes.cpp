#include "volume/model/volume_changes.hpp"

#include <algorithm>

namespace virga::volume {

const VolumeMachine& volume_machine() {
    using namespace volume_change;
    static constexpr std::array<const VolumeChange*, 69> kAlone{&kCopyImage,
                                                                &kCreateFromBackup,
                                                                &kFinishCreate,
                                                                &kFailCreate,
                                                                &kDelete,
                                                                &kForceDelete,
                                                                &kFailDelete,
                                                                &kDeleteAgain,
                                                                &kExtend,
                                                                &kExtendOnline,
                                                                &kFinishExtend,
                                                                &kFinishExtendOnline,
                                                                &kFailExtend,
                                                                &kUpload,
                                                                &kFinishUpload,
                                                                &kCheckRetype,
                                                                &kRetype,
                                                                &kFinishRetype,
                                                                &kMigrate,
                                                                &kMigrateLocked,
                                                                &kFinishMigrate,
                                                                &kRevert,
                                                                &kFinishRevert,
                                                                &kFailRevert,
                                                                &kReimage,
                                                                &kReimageReserved,
                                                                &kFinishReimage,
                                                                &kFailReimage,
                                                                &kFinishManage,
                                                                &kFailManage,
                                                                &kUnmanage,
                                                                &kFailUnmanage,
                                                                &kOffer,
                                                                &kWithdraw,
                                                                &kForceDetach,
                                                                &kSnapshot,
                                                                &kSnapshotOnline,
                                                                &kDeleteSnapshot,
                                                                &kReserve,
                                                                &kReserveMade,
                                                                &kReserveMultiattach,
                                                                &kReserveAgain,
                                                                &kLegacyReserve,
                                                                &kUnreserve,
                                                                &kConnect,
                                                                &kComplete,
                                                                &kBeginDetaching,
                                                                &kRollDetaching,
                                                                &kBackup,
                                                                &kForceBackup,
                                                                &kFinishBackup,
                                                                &kRestoreBackup,
                                                                &kFinishRestore,
                                                                &kFailRestore,
                                                                &kSetReadonly,
                                                                &kReserveFirst,
                                                                &kFollowAttached,
                                                                &kFollowAttaching,
                                                                &kFollowDetaching,
                                                                &kFollowReserved,
                                                                &kFollowDetached,
                                                                &kFollowUnfinished,
                                                                &kNoteAttached,
                                                                &kNoteAttaching,
                                                                &kNoteDetaching,
                                                                &kNoteReserved,
                                                                &kNoteDetached,
                                                                &kResetAttached,
                                                                &kResetDetached};
    static constexpr auto kChanges = lifecycle::with(kAlone, kResets);
    static constexpr VolumeMachine kMachine{"volume", "volumes", {"status", "attach_status"}, kChanges};
    return kMachine;
}

const MigrationMachine& migration_machine() {
    using namespace migration_change;
    static constexpr std::array<const MigrationChange*, 6> kAlone{&kBegin,  &kCopy, &kChangePlace,
                                                                  &kFinish, &kFail, &kResetNone};
    static constexpr auto kChanges = lifecycle::with(kAlone, kResets);
    static constexpr MigrationMachine kMachine{"move of a volume", "volumes", {"migration_status"}, kChanges};
    return kMachine;
}

const VolumeChange& change_by_attachments(VolumeStatus status, const std::vector<AttachStatus>& attachments,
                                          bool complete) {
    using namespace volume_change;
    auto first = AttachStatus::Detached;
    for (const auto item : attachments) {
        if (is_error(item)) continue;
        if (first == AttachStatus::Detached || word(item) < word(first)) first = item;
    }
    const bool follows = kFollowing.contains(status);
    switch (first) {
        case AttachStatus::Attached:
            return follows ? kFollowAttached : kNoteAttached;
        case AttachStatus::Attaching:
            return follows ? kFollowAttaching : kNoteAttaching;
        case AttachStatus::Detaching:
            return follows ? kFollowDetaching : kNoteDetaching;
        case AttachStatus::Reserved:
            return follows ? kFollowReserved : kNoteReserved;
        case AttachStatus::Detached:
        case AttachStatus::ErrorAttaching:
        case AttachStatus::ErrorDetaching:
            break;
    }
    if (!follows) return kNoteDetached;
    return complete ? kFollowDetached : kFollowUnfinished;
}

}  // namespace virga::volume
