#include "compute/model/device_names.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "compute/virt/qemu/buses.hpp"

namespace virga::compute {
namespace {

BlockDevice device(const char* source, const char* destination, std::optional<std::int64_t> boot_index = {}) {
    BlockDevice out;
    out.kind = kind_of({source, destination, {}, {}, {}, {}, {}});
    out.boot_index = boot_index;
    return out;
}

TEST(DeviceNames, LettersGoOnBehindZ) {
    std::set<std::string> used;
    for (char c = 'a'; c <= 'z'; ++c) used.insert(std::string("vd") + c);
    EXPECT_EQ(next_device_name("vd", used), "vdaa");
    used.insert("vdaa");
    EXPECT_EQ(next_device_name("vd", used), "vdab");
    EXPECT_EQ(next_device_name("sd", used), "sda");
}

TEST(DeviceNames, OrderIsRootEphemeralSwapVolumes) {
    std::vector<BlockDevice> devices{device("volume", "volume"), device("blank", "local"), device("blank", "local"),
                                     device("image", "local", 0)};
    devices[2].kind = SwapDisk{};
    std::swap(devices[1], devices[2]);
    assign_device_names(devices, {});
    EXPECT_EQ(devices[3].device_name, "/dev/vda");
    EXPECT_EQ(devices[2].device_name, "/dev/vdb");
    EXPECT_EQ(devices[1].device_name, "/dev/vdc");
    EXPECT_EQ(devices[0].device_name, "/dev/vdd");
    EXPECT_EQ(root_device_name(devices), "/dev/vda");
}

TEST(DeviceNames, BusComesFromEntryImageOrDefault) {
    std::vector<BlockDevice> devices{device("volume", "volume", 0), device("volume", "volume"),
                                     device("volume", "volume")};
    devices[1].disk_bus = "ide";
    devices[2].device_type = "cdrom";
    assign_device_names(devices, json::object{{"hw_disk_bus", "scsi"}, {"hw_cdrom_bus", "sata"}});
    EXPECT_EQ(devices[0].device_name, "/dev/sda");
    EXPECT_EQ(devices[1].device_name, "/dev/hda");
    EXPECT_EQ(devices[2].device_name, "/dev/sdb");
    EXPECT_EQ(devices[0].disk_bus, "scsi");
    EXPECT_EQ(virt::qemu::default_disk_bus({}, "cdrom"), "ide");
    EXPECT_EQ(virt::qemu::default_disk_bus(json::object{{"hw_machine_type", "pc-q35-7.2"}}, "cdrom"), "sata");
    EXPECT_EQ(virt::qemu::default_disk_bus({}, "floppy"), "fdc");
}

TEST(DeviceNames, RequestedNameIsKeptWhenItFits) {
    std::vector<BlockDevice> devices{device("image", "local", 0), device("volume", "volume"),
                                     device("volume", "volume")};
    devices[1].device_name = "/dev/vdf";
    devices[2].device_name = "/dev/sdc";
    assign_device_names(devices, {});
    EXPECT_EQ(devices[1].device_name, "/dev/vdf");
    EXPECT_EQ(devices[2].device_name, "/dev/vdb");
}

TEST(DeviceNames, AttachTakesTheNextLetter) {
    std::vector<BlockDevice> present{device("image", "local", 0)};
    present[0].device_name = "/dev/vda";
    EXPECT_EQ(attach_device_name(present, "", "virtio"), "/dev/vdb");
    EXPECT_EQ(attach_device_name(present, "/dev/vdk", "virtio"), "/dev/vdk");
    EXPECT_EQ(attach_device_name(present, "sdb", "virtio"), "/dev/vdb");
}

TEST(DeviceNames, AttachRefusesUsedAndMalformed) {
    std::vector<BlockDevice> present{device("image", "local", 0)};
    present[0].device_name = "/dev/vda";
    const auto code = [&](const char* name) {
        try {
            attach_device_name(present, name, "virtio");
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::Internal;
    };
    EXPECT_EQ(code("/dev/vda"), ErrorCode::Conflict);
    EXPECT_EQ(code("/dev/v d"), ErrorCode::InvalidInput);
    EXPECT_EQ(code("/dev/"), ErrorCode::Internal);  // nothing asked for: any name is given
    EXPECT_EQ(code("x"), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace virga::compute
