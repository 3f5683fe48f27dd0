#include "compute/flows/boot_plan.hpp"

#include <gtest/gtest.h>

namespace virga::compute::flows {
namespace {

BlockDevice entry(const std::string& source, const std::string& destination, std::optional<std::int64_t> boot_index) {
    BlockDevice device;
    device.id = BdmId(new_uuid());
    device.kind = kind_of({source, destination, {}, new_uuid(), new_uuid(), 1, {}});
    device.boot_index = boot_index;
    if (source == "volume") device.volume_id = new_uuid();
    return device;
}

std::vector<std::string> labels(const std::vector<BlockDevice>& devices) {
    std::vector<std::string> out;
    for (const auto& task : boot_plan(devices)) out.push_back(task.label.empty() ? task.task : task.label);
    return out;
}

std::vector<std::string> whole(std::vector<std::string> middle) {
    std::vector<std::string> out{"compute.api.create", "conductor.schedule", "compute.manager.build_networks",
                                 "compute.manager.prep_block_device"};
    out.insert(out.end(), middle.begin(), middle.end());
    out.push_back("virt.libvirt.create_config_drive");
    out.push_back("virt.libvirt.spawn");
    out.push_back("compute.manager.active");
    return out;
}

TEST(BootPlan, FromVolumeOnlyAttaches) {
    EXPECT_EQ(labels({entry("volume", "volume", 0)}),
              whole({"virt.block_device.DriverVolumeBlockDevice.attach", "virt.libvirt.create_image"}));
}

TEST(BootPlan, FromImageNeitherCreatesNorAttaches) {
    EXPECT_EQ(labels({entry("image", "local", 0)}),
              whole({"virt.libvirt.imagecache.fetch_image", "virt.libvirt.imagebackend.Qcow2.create_image"}));
}

TEST(BootPlan, FromImageCreatingAVolumeCreatesThenAttaches) {
    EXPECT_EQ(labels({entry("image", "volume", 0)}),
              whole({"virt.block_device.DriverVolImageBlockDevice.create",
                     "virt.block_device.DriverVolImageBlockDevice.attach", "virt.libvirt.create_image"}));
}

TEST(BootPlan, FromSnapshotCreatesThenAttaches) {
    EXPECT_EQ(labels({entry("snapshot", "volume", 0)}),
              whole({"virt.block_device.DriverVolSnapshotBlockDevice.create",
                     "virt.block_device.DriverVolSnapshotBlockDevice.attach", "virt.libvirt.create_image"}));
}

TEST(BootPlan, AllCreatesComeBeforeTheFirstAttachAndAttachGoesByClass) {
    const auto plan = labels({entry("image", "volume", 0), entry("blank", "volume", -1),
                              entry("snapshot", "volume", -1), entry("volume", "volume", -1)});
    EXPECT_EQ(plan, whole({"virt.block_device.DriverVolSnapshotBlockDevice.create",
                           "virt.block_device.DriverVolImageBlockDevice.create",
                           "virt.block_device.DriverVolBlankBlockDevice.create",
                           "virt.block_device.DriverVolumeBlockDevice.attach",
                           "virt.block_device.DriverVolSnapshotBlockDevice.attach",
                           "virt.block_device.DriverVolImageBlockDevice.attach",
                           "virt.block_device.DriverVolBlankBlockDevice.attach", "virt.libvirt.create_image"}));
}

TEST(BootPlan, LocalSwapOnAVolumeRootNeedsNoFetch) {
    auto swap = entry("blank", "local", -1);
    swap.kind = SwapDisk{};
    EXPECT_EQ(labels({entry("volume", "volume", 0), swap}), whole({"virt.block_device.DriverVolumeBlockDevice.attach",
                                                                   "virt.libvirt.imagebackend.Qcow2.create_image"}));
}

TEST(BootPlan, TasksThatOtherFlowsMayHaveAreToldTheirStep) {
    std::vector<std::string> steps;
    for (const auto& task : boot_plan({entry("image", "local", 0)})) {
        if (const auto step = get_string(task.arg, "change"); !step.empty()) steps.push_back(task.task + " " + step);
    }
    EXPECT_EQ(steps,
              (std::vector<std::string>{
                  "conductor.schedule create.reschedule", "compute.manager.build_networks create.networking",
                  "compute.manager.prep_block_device create.block_device_mapping",
                  "virt.libvirt.imagecache.fetch_image create.spawning",
                  "virt.libvirt.imagebackend.create_image create.spawning", "compute.manager.active create.finish"}));
}

TEST(DescribeMapping, SaysWhichBranchEachEntryTakes) {
    EXPECT_EQ(describe_mapping({entry("image", "volume", 0)}),
              "block_device_mapping has 1 entry: source image, destination volume (root): create then attach");
    EXPECT_NE(describe_mapping({entry("image", "local", 0)}).find("attach_block_devices returns at once"),
              std::string::npos);
    EXPECT_NE(describe_mapping({entry("volume", "volume", 0)}).find("attach only"), std::string::npos);
}

}  // namespace
}  // namespace virga::compute::flows
