#include <gtest/gtest.h>

#include <filesystem>

#include "base/ids.hpp"
#include "compute/service.hpp"
#include "harness/test_database.hpp"
#include "taskflow/runner.hpp"

namespace virga::compute {
namespace {

/// A database of a version whose boots knew less of themselves, with boots in it.
class FlowMigration : public testing::Test {
protected:
    FlowMigration() : path_(std::filesystem::temp_directory_path() / ("virga-flows-" + new_uuid())) {
        std::filesystem::create_directories(path_);
        place_.emplace(path_);
        db_ = std::make_unique<db::Database>(place_->url());
        db::migrate(*db_, taskflow::migrations());
        constexpr std::ptrdiff_t kBefore = 5;
        db::migrate(*db_, {migrations().begin(), migrations().begin() + kBefore});
    }
    ~FlowMigration() override {
        db_.reset();
        std::filesystem::remove_all(path_);
    }

    void add(const std::string& id, const std::string& kind, const std::string& tasks, const std::string& data,
             std::int64_t ended_us) {
        db_->write_with([&](db::Transaction& tx) {
            tx.exec(
                "INSERT INTO flows (id, kind, resource, state, tasks, data, position, runs, generation,"
                " cancel_requested, request_id, project_id, user_id, started_us, ended_us)"
                " VALUES (?, ?, 's', 'running', ?, ?, 0, 0, 0, 0, '', '', '', 1, ?)",
                {id, kind, tasks, data, ended_us});
        });
    }
    void update() { db::migrate(*db_, migrations()); }
    std::string text(const std::string& column, const std::string& id) {
        return db_->read().query("SELECT " + column + " AS value FROM flows WHERE id = ?", {id}).front().text("value");
    }

    std::filesystem::path path_;
    std::optional<test::TestDatabase> place_;
    std::unique_ptr<db::Database> db_;
};

TEST_F(FlowMigration, TasksOfBootsThatAreUnderWayAreGivenTheirStep) {
    const std::string before = R"([{"task":"compute.api.create","arg":{},"label":""},)"
                               R"({"task":"conductor.schedule","arg":{},"label":""},)"
                               R"({"task":"compute.manager.build_networks","arg":{},"label":""},)"
                               R"({"task":"compute.manager.prep_block_device","arg":{},"label":""},)"
                               R"({"task":"virt.block_device.attach","arg":{"bdm":"b"},"label":"l"},)"
                               R"({"task":"virt.libvirt.imagecache.fetch_image","arg":{"image":"i"},"label":""},)"
                               R"({"task":"virt.libvirt.imagebackend.create_image","arg":{"image":"i"},"label":"l"},)"
                               R"({"task":"virt.libvirt.create_image","arg":{},"label":""},)"
                               R"({"task":"compute.manager.active","arg":{},"label":""}])";
    add("running", "boot_server", before, "{}", 0);
    add("ended", "boot_server", before, "{}", 7);
    add("other", "attach_volume", before, "{}", 0);
    update();
    EXPECT_EQ(
        text("tasks", "running"),
        R"([{"task":"compute.api.create","arg":{},"label":""},)"
        R"({"task":"conductor.schedule","arg":{"change":"create.reschedule"},"label":""},)"
        R"({"task":"compute.manager.build_networks","arg":{"change":"create.networking"},"label":""},)"
        R"({"task":"compute.manager.prep_block_device","arg":{"change":"create.block_device_mapping"},"label":""},)"
        R"({"task":"virt.block_device.attach","arg":{"bdm":"b"},"label":"l"},)"
        R"({"task":"virt.libvirt.imagecache.fetch_image","arg":{"change":"create.spawning","image":"i"},"label":""},)"
        R"({"task":"virt.libvirt.imagebackend.create_image","arg":{"change":"create.spawning","image":"i"},"label":"l"},)"
        R"({"task":"virt.libvirt.create_image","arg":{"change":"create.spawning"},"label":""},)"
        R"({"task":"compute.manager.active","arg":{"change":"create.finish"},"label":""}])");
    EXPECT_EQ(text("tasks", "ended"), before);
    EXPECT_EQ(text("tasks", "other"), before);
}

}  // namespace
}  // namespace virga::compute
