#include <gtest/gtest.h>

#include "base/error.hpp"
#include "compute/virt/qemu/boot_order.hpp"
#include "compute/virt/qemu/buses.hpp"
#include "compute/virt/qemu/config_drive.hpp"
#include "compute/virt/qemu/devices.hpp"

namespace virga::compute::virt::qemu {
namespace {

GuestDisk disk(std::int64_t boot_index, const std::string& kind = "volume") {
    GuestDisk out;
    out.kind = kind;
    out.boot_index = boot_index;
    return out;
}

std::vector<std::int64_t> orders(const std::vector<GuestDisk>& disks) {
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < disks.size(); ++i) out.push_back(boot_order(disks, i));
    return out;
}

TEST(BootOrder, FollowsTheBootIndex) {
    EXPECT_EQ(orders({disk(1), disk(-1), disk(0)}), (std::vector<std::int64_t>{2, 0, 1}));
}

TEST(BootOrder, OfNoneThatIsBootableTheFirstIsBooted) {
    EXPECT_EQ(orders({disk(-1), disk(-1)}), (std::vector<std::int64_t>{1, 0}));
}

TEST(BootOrder, NeverTheConfigDrive) {
    EXPECT_EQ(orders({disk(-1, "config"), disk(-1)}), (std::vector<std::int64_t>{0, 0}));
    EXPECT_EQ(orders({disk(0), disk(-1, "config")}), (std::vector<std::int64_t>{1, 0}));
}

TEST(Buses, DependOnTheMachine) {
    EXPECT_TRUE(is_q35("pc-q35-7.2"));
    EXPECT_FALSE(is_q35("pc-i440fx-7.2"));
    EXPECT_EQ(default_cdrom_bus("q35"), "sata");
    EXPECT_EQ(default_cdrom_bus(""), "ide");
    EXPECT_EQ(default_disk_bus(json::object{{"hw_machine_type", "q35"}, {"hw_cdrom_bus", "scsi"}}, "cdrom"), "scsi");
    for (const auto* bus : {"", "ide", "sata", "scsi", "virtio"}) EXPECT_TRUE(is_usable_disk_bus(bus)) << bus;
    for (const auto* bus : {"fdc", "usb", "tape"}) EXPECT_FALSE(is_usable_disk_bus(bus)) << bus;
    EXPECT_TRUE(has_read_only_disks("virtio"));
    EXPECT_FALSE(has_read_only_disks("sata"));
}

TEST(ConfigDrive, TakesTheLastFreeNameOfABusThatTheMachineHas) {
    auto drive = disk(-1, "config");
    EXPECT_EQ(placed_config_drive(drive, {}, "pc").device_name, "hdd");
    EXPECT_EQ(placed_config_drive(drive, {"hdd"}, "pc").device_name, "hdc");
    EXPECT_THROW(placed_config_drive(drive, {"hda", "hdb", "hdc", "hdd"}, "pc"), Error);
    drive.disk_bus = "ide";
    EXPECT_EQ(placed_config_drive(drive, {}, "q35").disk_bus, "sata");
    EXPECT_EQ(placed_config_drive(drive, {}, "q35").device_name, "sdf");
}

TEST(Devices, AreWhatTheImageAsksForOrADefault) {
    GuestSpec guest;
    EXPECT_EQ(machine_of(guest, "pc"), "pc");
    EXPECT_EQ(nic_model(guest), "virtio");
    EXPECT_EQ(scsi_model(guest), "");
    EXPECT_EQ(watchdog_action(guest), "");
    EXPECT_FALSE(uses_uefi(guest));
    guest.image_properties = {{"hw_machine_type", "q35"},      {"hw_vif_model", "e1000"},
                              {"hw_scsi_model", "auto"},       {"hw_video_model", "none"},
                              {"hw_watchdog_action", "reset"}, {"hw_firmware_type", "uefi"}};
    EXPECT_EQ(machine_of(guest, "pc"), "q35");
    EXPECT_EQ(nic_model(guest), "e1000");
    EXPECT_EQ(scsi_model(guest), "virtio-scsi");
    EXPECT_EQ(video_model(guest), "");
    EXPECT_EQ(watchdog_action(guest), "reset");
    EXPECT_TRUE(uses_uefi(guest));
}

TEST(Devices, OnlyARawFileHasSeveralWriters) {
    auto shared = disk(-1);
    shared.connection_info["multiattach"] = true;
    EXPECT_TRUE(is_shareable(shared, disk::Format::Raw));
    EXPECT_FALSE(is_shareable(shared, disk::Format::Qcow2));
    EXPECT_FALSE(is_shareable(disk(-1), disk::Format::Raw));
}

}  // namespace
}  // namespace virga::compute::virt::qemu
