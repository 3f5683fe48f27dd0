#include <condition_variable>

#include "cloud.hpp"
#include "compute/host_commands.hpp"
#include "compute/repo/server_repo.hpp"
#include "volume/host_commands.hpp"

namespace virga::compute::flows {
namespace {

using BootTest = Cloud;

TEST_F(BootTest, FromImage) {
    const auto server = boot_active({image_root()});
    const auto row = get(server);
    EXPECT_EQ(row.task_state, TaskState::None);
    EXPECT_EQ(row.power_state, PowerState::Running);
    EXPECT_EQ(row.host, "h1");
    EXPECT_EQ(row.root_device_name, "/dev/vda");
    EXPECT_GT(row.launched_us, 0);
    EXPECT_EQ(hosts_.count(volume::command::kCreateFromImage), 0);
    EXPECT_EQ(hosts_.count(command::kFetchImage), 1);
    EXPECT_NE(decision(server, "compute.manager.prep_block_device").find("attach_block_devices returns at once"),
              std::string::npos);
    EXPECT_NE(decision(server, "virt.libvirt.imagebackend.Qcow2.create_image").find("booted_from_volume = false"),
              std::string::npos);
    EXPECT_NE(decision(server, "virt.libvirt.imagecache.fetch_image").find("cache miss"), std::string::npos);
    EXPECT_NE(decision(server, "conductor.schedule").find("chose host h1 of 1"), std::string::npos);
}

TEST_F(BootTest, FromVolume) {
    const auto id = make_volume();
    const auto server = boot_active({existing_volume(id)});
    EXPECT_EQ(volume(id).status, volume::VolumeStatus::InUse);
    EXPECT_TRUE(hosts_.guest_has_volume("h1", server.value, id.value));
    EXPECT_EQ(hosts_.count(command::kFetchImage), 0);
    EXPECT_EQ(hosts_.count(command::kCreateDisks), 0);
    EXPECT_NE(decision(server, "virt.libvirt.create_image").find("booted_from_volume = true"), std::string::npos);
    const auto device = devices(server).front();
    EXPECT_EQ(device.device_name, "/dev/vda");
    EXPECT_EQ(get_string(device.connection_info, "serial"), id.value);
}

TEST_F(BootTest, FromImageCreatingAVolumeWithABlankOne) {
    const auto server = boot_active({image_volume(true), blank_volume(true)});
    const auto rows = devices(server);
    ASSERT_EQ(rows.size(), 2U);
    for (const auto& device : rows) {
        EXPECT_EQ(volume(VolumeId(device.volume_id)).status, volume::VolumeStatus::InUse);
        EXPECT_TRUE(hosts_.guest_has_volume("h1", server.value, device.volume_id));
    }
    EXPECT_EQ(volume(VolumeId(rows[1].volume_id)).name, server.value + "-blank-vol");
    EXPECT_TRUE(volume(VolumeId(rows[0].volume_id)).bootable);
    remove(server);
    settle(server);
    EXPECT_FALSE(find(server));
    EXPECT_FALSE(find_volume(rows[0].volume_id));
    EXPECT_FALSE(find_volume(rows[1].volume_id));
    expect_clean(server);
}

TEST_F(BootTest, VolumesAreCreatedAtTheSameTime) {
    // The first creation only ends when the second one has begun: one after the other would never end.
    std::mutex mutex;
    std::condition_variable both;
    int begun = 0;
    const auto meet = [&](const std::string&, const json::object&) -> std::optional<json::object> {
        std::unique_lock lock(mutex);
        ++begun;
        both.notify_all();
        EXPECT_TRUE(both.wait_for(lock, std::chrono::seconds(10), [&] { return begun >= 2; }));
        return std::nullopt;
    };
    hosts_.script(volume::command::kCreateFromImage, meet);
    hosts_.script(volume::command::kCreate, meet);
    boot_active({image_volume(false), blank_volume(false)});
    EXPECT_EQ(begun, 2);
}

TEST_F(BootTest, ReservationIsAllOrNone) {
    const auto good = make_volume();
    const auto missing = VolumeId(new_uuid());
    EXPECT_THROW(boot({existing_volume(good), existing_volume(missing)}), Error);
    EXPECT_EQ(volume(good).status, volume::VolumeStatus::Available);
    EXPECT_THROW(boot({existing_volume(good), existing_volume(good)}), Error);
    EXPECT_EQ(volume(good).status, volume::VolumeStatus::Available);
}

/// The user may change it at any time, also while a task works with what it read before.
TEST_F(BootTest, WhetherAVolumeGoesWithItsServerIsKept) {
    const auto volume = make_volume();
    std::vector<bool> wanted;
    const auto change = [&] {
        write([&](db::Transaction& tx) {
            const auto rows = tx.query("SELECT id, delete_on_termination FROM block_devices");
            wanted.push_back(!rows.at(0).flag("delete_on_termination"));
            repo::set_delete_on_termination(tx, BdmId(rows.at(0).text("id")), wanted.back());
        });
    };
    const auto is_deleted = [&] { return db_.read().scalar("SELECT delete_on_termination FROM block_devices") != 0; };
    gate_.at("compute.manager.prep_block_device.after", change);
    hosts_.script(volume::command::kInitializeConnection, [&](const std::string&, const json::object&) {
        EXPECT_EQ(is_deleted(), wanted.at(0));
        change();
        return std::optional<json::object>();
    });
    boot_active({existing_volume(volume)});
    ASSERT_EQ(wanted.size(), 2U);
    EXPECT_EQ(is_deleted(), wanted.at(1));
}

TEST_F(BootTest, FewCommandsAndNoneTwice) {
    boot_active({image_root()});
    EXPECT_EQ(hosts_.count(network::command::kPlug), 1);
    EXPECT_EQ(hosts_.count(command::kCreateDisks), 1);
    EXPECT_EQ(hosts_.count(command::kSpawn), 1);
    EXPECT_EQ(hosts_.count(command::kDestroyGuest), 0);
}

TEST_F(BootTest, GuestThatDiesAtOnceIsAFault) {
    const auto server_of = [](const json::object& params) {
        return ServerId(get_string(get_object(params, "guest"), "server_id"));
    };
    hosts_.script(command::kSpawn, [&](const std::string& host, const json::object& params) {
        guest_changed(d_, host, server_of(params), PowerState::Crashed);
        return std::optional<json::object>();
    });
    const auto server = boot({image_root()});
    settle(server);
    EXPECT_EQ(get(server).vm_state, VmState::Error);
    EXPECT_NE(get(server).fault.value().message.find("ended right after"), std::string::npos);
    expect_clean(server);
}

}  // namespace
}  // namespace virga::compute::flows
