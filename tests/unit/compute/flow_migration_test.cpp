#include <gtest/gtest.h>

#include <filesystem>

#include "base/ids.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/repo/server_repo.hpp"
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

TEST_F(FlowMigration, BootsKnowTheirWay) {
    const auto data = [](const std::string& way) {
        return R"({"server":"s","decisions":["way: )" + way + R"(; booted_from_volume = true","way: none; of these"]})";
    };
    for (std::size_t i = 0; i < state_words(BootWay{}).size(); ++i) {
        const std::string id = "boot-" + std::to_string(i);
        add(id, "boot_server", "[]", data(std::string(word(static_cast<BootWay>(i)))), 7);
    }
    add("unknown", "boot_server", "[]", data("unknown"), 7);
    add("empty", "boot_server", "[]", "{}", 7);
    update();
    for (std::size_t i = 0; i < state_words(BootWay{}).size(); ++i) {
        const auto boot = taskflow::decode<flows::BootData>(parse_object(text("data", "boot-" + std::to_string(i))));
        EXPECT_EQ(boot.way, static_cast<BootWay>(i));
        EXPECT_EQ(boot.server.value, "s");
        EXPECT_EQ(boot.decisions.size(), 2U);
    }
    EXPECT_EQ(text("data", "unknown"), data("unknown"));
    EXPECT_EQ(text("data", "empty"), "{}");
}

TEST_F(FlowMigration, BlockDevicesStay) {
    const std::string columns =
        "id, server_id, position, source_type, destination_type, guest_format, device_type, disk_bus, device_name,"
        " boot_index, delete_on_termination, no_device, image_id, snapshot_id, volume_id, volume_size, volume_type,"
        " attachment_id, connection_info, tag";
    db_->write_with([&](db::Transaction& tx) {
        tx.exec("INSERT INTO block_devices (" + columns +
                ") VALUES ('d', 's', 0, 'blank', 'local', 'swap', 'disk', 'virtio', '/dev/vdb', -1, 1, 0, '', '', '',"
                " 64, '', '', '', '')");
    });
    update();
    const auto devices = db_->read_with([](db::Transaction& tx) { return repo::block_devices(tx, ServerId("s")); });
    ASSERT_EQ(devices.size(), 1U);
    ASSERT_TRUE(devices.front().is<SwapDisk>());
    EXPECT_EQ(std::get<SwapDisk>(devices.front().kind).size, Mib{64});
    EXPECT_EQ(devices.front().device_name, "/dev/vdb");
    EXPECT_TRUE(devices.front().delete_on_termination);
}

}  // namespace
}  // namespace virga::compute
