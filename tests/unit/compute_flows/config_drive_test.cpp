#include "compute/model/config_drive.hpp"
#include "cloud.hpp"
#include "compute/host_commands.hpp"

namespace virga::compute::flows {
namespace {

class ConfigDriveTest : public Cloud {
protected:
    /// Remembers what the hosts are told.
    void listen() {
        hosts_.script(command::kCreateConfigDrive,
                      [this](const std::string&, const json::object& params) -> std::optional<json::object> {
                          drive = params;
                          return std::nullopt;
                      });
        for (const auto* method : {command::kSpawn, command::kPowerOn}) {
            hosts_.script(method,
                          [this](const std::string&, const json::object& params) -> std::optional<json::object> {
                              guest = GuestSpec::from_json(get_object(params, "guest"));
                              return std::nullopt;
                          });
        }
    }

    json::object drive;
    GuestSpec guest;
};

TEST_F(ConfigDriveTest, IsMadeBeforeTheGuestAndIsItsLastDisk) {
    config_drive_ = true;
    listen();
    const auto server = boot_active({existing_volume(make_volume())});
    EXPECT_EQ(get_string(drive, "server_id"), server.value);
    EXPECT_EQ(get_string(drive, "label"), "config-2");
    EXPECT_EQ(get_array(drive, "files").size(), 4U);
    ASSERT_EQ(guest.disks.size(), 2U);
    EXPECT_EQ(guest.disks.back().kind, "config");
    EXPECT_EQ(guest.disks.back().file, DiskName::config_drive());
    EXPECT_EQ(guest.disks.back().device_type, "cdrom");
    const auto told = decision(server, "virt.libvirt.create_config_drive");
    EXPECT_EQ(told.find("config_drive = true: a test says so"), 0U) << told;
    EXPECT_NE(told.find("meta_data.json, network_data.json, vendor_data.json, user_data"), std::string::npos) << told;
}

TEST_F(ConfigDriveTest, IsLeftOutUnlessAskedFor) {
    listen();
    const auto server = boot_active({image_root()});
    EXPECT_EQ(hosts_.count(command::kCreateConfigDrive), 0);
    EXPECT_EQ(guest.disks.size(), 1U);
    EXPECT_EQ(decision(server, "virt.libvirt.create_config_drive"), "config_drive = false: a test says so");
}

TEST_F(ConfigDriveTest, IsThereAfterAStart) {
    config_drive_ = true;
    listen();
    const auto server = boot_active({image_root()});
    write([&](db::Transaction& tx) { flows::stop(tx, d_, auth_, server); });
    settle(server);
    guest = {};
    write([&](db::Transaction& tx) { flows::start(tx, d_, auth_, server); });
    settle(server);
    ASSERT_EQ(guest.disks.size(), 2U);
    EXPECT_EQ(guest.disks.back().kind, "config");
}

TEST_F(ConfigDriveTest, AFailureLeavesNothing) {
    config_drive_ = true;
    hosts_.script(command::kCreateConfigDrive,
                  [](const std::string&, const json::object&) -> std::optional<json::object> {
                      throw Error(ErrorCode::NoSpace, "the host's disk is full");
                  });
    const auto server = boot({existing_volume(make_volume())});
    settle(server);
    EXPECT_EQ(get(server).vm_state, VmState::Error);
    remove(server);
    settle(server);
    expect_clean(server);
}

}  // namespace
}  // namespace virga::compute::flows
