#include <gtest/gtest.h>

#include <filesystem>

#include "base/ids.hpp"
#include "harness/test_database.hpp"
#include "volume/service.hpp"

namespace virga::volume {
namespace {

/// A group that went to another project, before its group snapshots did, and a snapshot that stayed behind.
TEST(VolumeMigration, SnapshotsOfAGroupAreOfOneProject) {
    const auto folder = std::filesystem::temp_directory_path() / ("virga-volume-" + new_uuid());
    std::filesystem::create_directories(folder);
    const test::TestDatabase place(folder);
    db::Database database(place.url());
    const auto& all = migrations();
    db::migrate(database, {all.begin(), all.begin() + 5});
    database.write_with([](db::Transaction& tx) {
        tx.exec(
            "INSERT INTO volume_groups VALUES ('g', 'new', 'u', '', '', 'available', 't', '[]', '', '', '', '', '', "
            "1, 1)");
        tx.exec("INSERT INTO volume_group_snapshots VALUES ('gs', 'old', 'u', 'g', 't', '', '', 'available', 1, 1)");
        for (const std::string project : {"new", "old"}) {
            tx.exec(
                "INSERT INTO volume_snapshots VALUES (?, 'v', ?, 'u', '', '', 1, 'available', '{}', 0, '{}', '', "
                "'gs', '', '', 1, 1)",
                {"of " + project, project});
        }
    });
    db::migrate(database, all);
    auto tx = database.read();
    EXPECT_EQ(tx.query_one("SELECT project_id FROM volume_group_snapshots")->text("project_id"), "new");
    const auto group_of = [&](const std::string& id) {
        return tx.query_one("SELECT group_snapshot_id FROM volume_snapshots WHERE id = ?", {id})
            ->text("group_snapshot_id");
    };
    EXPECT_EQ(group_of("of new"), "gs");
    EXPECT_EQ(group_of("of old"), "");
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace virga::volume
