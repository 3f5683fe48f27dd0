#include "volume/model/volume_changes.hpp"

#include "harness/machine_walk.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/backup_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/group_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/volume_repo.hpp"
#include "volume/service.hpp"

namespace virga::volume {
namespace {

using namespace volume_change;

bool allows(const VolumeChange& change, VolumeStatus status, AttachStatus attach_status = AttachStatus::Detached) {
    return lifecycle::starts_from(change, {status, attach_status});
}

TEST(VolumeStates, EveryStateHasAWordOfItsOwn) {
    test::each_state_has_a_word_of_its_own<VolumeStatus>();
    test::each_state_has_a_word_of_its_own<AttachStatus>();
    test::each_state_has_a_word_of_its_own<MigrationStatus>();
    test::each_state_has_a_word_of_its_own<SnapshotStatus>();
    test::each_state_has_a_word_of_its_own<BackupStatus>();
    test::each_state_has_a_word_of_its_own<GroupStatus>();
}

TEST(VolumeChanges, DeleteIsRefusedForVolumesThatAreUsed) {
    for (const auto status : {InUse, Attaching, Detaching, Reserved, Extending, Uploading, Deleting})
        EXPECT_FALSE(allows(kDelete, status)) << word(status);
    for (const auto status : {Available, VolumeStatus::Error, ErrorExtending, ErrorDeleting, Creating, Downloading})
        EXPECT_TRUE(allows(kDelete, status)) << word(status);
    EXPECT_FALSE(allows(kDelete, VolumeStatus::Error, AttachStatus::Attached));
}

TEST(VolumeChanges, ForceDeleteTakesAllButWhatIsBeingDeleted) {
    for (const auto status : test::all_states<VolumeStatus>())
        EXPECT_EQ(allows(kForceDelete, status, AttachStatus::Attached), status != Deleting) << word(status);
}

TEST(VolumeChanges, ReserveFollowsCinder) {
    EXPECT_TRUE(allows(kReserve, Available));
    EXPECT_TRUE(allows(kReserve, Downloading));
    EXPECT_FALSE(allows(kReserve, InUse));
    EXPECT_FALSE(allows(kReserve, Creating));
    EXPECT_TRUE(allows(kReserveMultiattach, InUse));
}

TEST(VolumeChanges, EachIsReachableFromANewRow) {
    test::each_change_is_reachable(volume_machine(),
                                   {{Creating, AttachStatus::Detached}, {Managing, AttachStatus::Detached}});
    test::each_change_is_reachable(migration_machine(), {{MigrationStatus::None}});
    test::each_change_is_reachable(snapshot_machine(), {{SnapshotStatus::Creating}});
    test::each_change_is_reachable(attachment_machine(), {{AttachStatus::Reserved}});
    test::each_change_is_reachable(backup_machine(), {{BackupStatus::Creating}});
    test::each_change_is_reachable(group_machine(), {{GroupStatus::Creating}});
    test::each_change_is_reachable(group_snapshot_machine(), {{GroupStatus::Creating}});
}

class RowsOfVolumes : public ::testing::Test {
protected:
    RowsOfVolumes() {
        db::migrate(scratch_.db, migrations());
        tx_.emplace(scratch_.db.write());
        VolumeRecord volume;
        volume.id = volume_;
        repo::insert(*tx_, volume);
    }

    template <class Machine>
    void walk(const Machine& machine, const std::string& id) {
        tx_->commit();
        tx_.reset();
        test::the_row_moves_just_where_the_rule_allows_it(scratch_.db, machine, id);
        tx_.emplace(scratch_.db.write());
    }
    SnapshotId snapshot() {
        SnapshotRecord snapshot;
        snapshot.id = new_id<SnapshotId>();
        snapshot.volume = volume_;
        repo::insert(*tx_, snapshot);
        return snapshot.id;
    }
    void set(const std::string& column, const std::string& value) {
        tx_->exec("UPDATE volumes SET " + column + " = ? WHERE id = ?", {value, volume_.value});
    }
    /// What the refusal says.
    std::string refusal(const VolumeChange& change) {
        try {
            repo::require_change(*tx_, change, volume_);
        } catch (const virga::Error& error) {
            return error.message();
        }
        return "";
    }

    test::ScratchDatabase scratch_;
    std::optional<db::Transaction> tx_;
    VolumeId volume_ = new_id<VolumeId>();
};

TEST_F(RowsOfVolumes, MoveJustWhereTheRuleAllowsIt) {
    walk(volume_machine(), volume_.value);
    walk(migration_machine(), volume_.value);
}

TEST_F(RowsOfVolumes, ThoseOfSnapshotsToo) {
    walk(snapshot_machine(), snapshot().value);
}

TEST_F(RowsOfVolumes, ThoseOfAttachmentsToo) {
    AttachmentRecord attachment;
    attachment.id = new_id<AttachmentId>();
    attachment.volume = volume_;
    repo::insert(*tx_, attachment);
    walk(attachment_machine(), attachment.id.value);
}

TEST_F(RowsOfVolumes, ThoseOfBackupsToo) {
    BackupRecord backup;
    backup.id = new_id<BackupId>();
    backup.volume = volume_;
    repo::insert(*tx_, backup);
    walk(backup_machine(), backup.id.value);
}

TEST_F(RowsOfVolumes, ThoseOfGroupsToo) {
    Group group;
    group.id = new_uuid();
    repo::insert(*tx_, group);
    walk(group_machine(), group.id);
    GroupSnapshot snapshot;
    snapshot.id = new_uuid();
    snapshot.group_id = group.id;
    repo::insert(*tx_, snapshot);
    walk(group_snapshot_machine(), snapshot.id);
}

TEST_F(RowsOfVolumes, ARefusalNamesTheStatus) {
    EXPECT_EQ(refusal(kExtend), "Invalid volume: the status of volume " + volume_.value +
                                    " must be available for extend, but it is creating.");
    EXPECT_THROW(repo::require_change(*tx_, kExtend, new_id<VolumeId>()), virga::Error);
}

TEST_F(RowsOfVolumes, WhatAChangeNeedsIsAsked) {
    set("status", "available");
    set("other_host", "elsewhere");
    EXPECT_NE(refusal(kOffer).find("is being moved to another backend"), std::string::npos);
    set("other_host", "");
    set("created_for", "some server");
    EXPECT_NE(refusal(kOffer).find("server some server is being built with"), std::string::npos);
    EXPECT_TRUE(repo::try_change(*tx_, kReserveMade, volume_));
    set("status", "available");
    set("created_for", "");
    const auto one = snapshot();
    EXPECT_NE(refusal(kExtend), "");
    EXPECT_TRUE(repo::try_change(*tx_, snapshot_change::kFinishCreate, one));
    EXPECT_EQ(refusal(kExtend), "");
}

std::tuple<VolumeStatus, AttachStatus> following(VolumeStatus status, const std::vector<AttachStatus>& attachments,
                                                 bool complete = true) {
    return lifecycle::after(change_by_attachments(status, attachments, complete), {status, AttachStatus::Detached});
}

TEST(StatusFromAttachments, TheAlphabeticallyFirstDecides) {
    using enum AttachStatus;
    EXPECT_EQ(following(VolumeStatus::Detaching, {AttachStatus::Reserved, Attached}), std::tuple(InUse, Attached));
    EXPECT_EQ(following(VolumeStatus::Reserved, {AttachStatus::Reserved, AttachStatus::Attaching}),
              std::tuple(VolumeStatus::Attaching, AttachStatus::Attaching));
    EXPECT_EQ(following(VolumeStatus::Attaching, {AttachStatus::Reserved}),
              std::tuple(VolumeStatus::Reserved, AttachStatus::Reserved));
}

TEST(StatusFromAttachments, NoneMeansDetached) {
    EXPECT_EQ(following(Detaching, {}), std::tuple(Available, AttachStatus::Detached));
    EXPECT_EQ(following(Attaching, {AttachStatus::ErrorAttaching}), std::tuple(Available, AttachStatus::Detached));
}

TEST(StatusFromAttachments, DataStillBeingCopiedFallsBackToDownloading) {
    EXPECT_EQ(following(Reserved, {}, false), std::tuple(Downloading, AttachStatus::Detached));
}

TEST(StatusFromAttachments, OtherStatusesAreKept) {
    for (const auto status : {Uploading, Deleting, VolumeStatus::Error, ErrorDeleting, Downloading, Extending})
        EXPECT_EQ(following(status, {AttachStatus::Attached}), std::tuple(status, AttachStatus::Attached));
}

TEST(StatusFromAttachments, EachFollowsByAChangeOfTheTable) {
    for (const auto status : test::all_states<VolumeStatus>()) {
        for (const auto attachment : test::all_states<AttachStatus>()) {
            const auto& change = change_by_attachments(status, {attachment}, true);
            EXPECT_TRUE(allows(change, status)) << change.name << " " << word(status);
        }
    }
}

}  // namespace
}  // namespace virga::volume
