#include "volume/model/volume_states.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace virga::volume {
namespace {

bool allows(std::string_view action, const std::string& from) {
    const auto& list = volume_states().find(action).from;
    return std::find(list.begin(), list.end(), from) != list.end();
}

TEST(VolumeStates, DeleteIsRefusedForVolumesThatAreUsed) {
    for (const char* status : {"in-use", "attaching", "detaching", "reserved", "extending", "uploading", "deleting"}) {
        EXPECT_FALSE(allows("delete", status)) << status;
    }
    for (const char* status : {"available", "error", "error_extending", "error_deleting", "creating", "downloading"}) {
        EXPECT_TRUE(allows("delete", status)) << status;
    }
}

TEST(VolumeStates, ReserveFollowsCinder) {
    EXPECT_TRUE(allows("reserve", "available"));
    EXPECT_TRUE(allows("reserve", "downloading"));
    EXPECT_FALSE(allows("reserve", "in-use"));
    EXPECT_FALSE(allows("reserve", "creating"));
    EXPECT_TRUE(allows("reserve_multiattach", "in-use"));
}

TEST(VolumeStates, EveryTransitionEndsInAKnownStatus) {
    const auto& known = resettable_volume_statuses();
    for (const auto& transition : volume_states().transitions) {
        if (transition.to.empty()) continue;
        const bool is_known = std::find(known.begin(), known.end(), transition.to) != known.end();
        EXPECT_TRUE(is_known || is_transient(transition.to)) << transition.action;
    }
}

TEST(StatusFromAttachments, TheAlphabeticallyFirstDecides) {
    const auto both = status_from_attachments("detaching", {"reserved", "attached"}, true);
    EXPECT_EQ(both.status, "in-use");
    EXPECT_EQ(both.attach_status, "attached");
    EXPECT_EQ(status_from_attachments("reserved", {"reserved", "attaching"}, true).status, "attaching");
    EXPECT_EQ(status_from_attachments("attaching", {"reserved"}, true).status, "reserved");
}

TEST(StatusFromAttachments, NoneMeansDetached) {
    const auto none = status_from_attachments("detaching", {}, true);
    EXPECT_EQ(none.status, "available");
    EXPECT_EQ(none.attach_status, "detached");
    EXPECT_EQ(status_from_attachments("attaching", {"error_attaching"}, true).status, "available");
}

TEST(StatusFromAttachments, DataStillBeingCopiedFallsBackToDownloading) {
    EXPECT_EQ(status_from_attachments("reserved", {}, false).status, "downloading");
}

TEST(StatusFromAttachments, OtherStatusesAreKept) {
    for (const char* status : {"uploading", "deleting", "error", "error_deleting", "downloading", "extending"}) {
        EXPECT_EQ(status_from_attachments(status, {}, true).status, status);
    }
}

}  // namespace
}  // namespace virga::volume
