#include "compute/flows/boot_plan.hpp"

#include <algorithm>

#include "compute/flows/server_steps.hpp"
#include "compute/model/block_device_plan.hpp"

namespace virga::compute::flows {
namespace {

taskflow::TaskSpec block_device_task(const BlockDevice& device, const std::string& step) {
    return {"virt.block_device." + step, json::object{{"bdm", device.id.value}},
            "virt.block_device." + std::string(device.device_class().driver) + "." + step};
}

/// nova.virt.libvirt.driver._create_image: what is made on the host's own disk.
void plan_images(std::vector<taskflow::TaskSpec>& tasks, const std::vector<BlockDevice>& devices,
                 const std::string& image_backend) {
    const auto root = std::find_if(devices.begin(), devices.end(),
                                   [](const auto& device) { return device.template is<LocalImage>(); });
    const std::string image = root == devices.end() ? std::string() : std::get<LocalImage>(root->kind).image.value;
    if (root != devices.end()) {
        tasks.push_back(
            {"virt.libvirt.imagecache.fetch_image", step_arg(server_change::kCreateSpawning, {{"image", image}})});
    }
    if (!std::all_of(devices.begin(), devices.end(), [](const auto& device) { return device.is_volume(); })) {
        tasks.push_back({"virt.libvirt.imagebackend.create_image",
                         step_arg(server_change::kCreateSpawning, {{"image", image}}),
                         "virt.libvirt.imagebackend." + image_backend + ".create_image"});
    } else {
        tasks.push_back({"virt.libvirt.create_image", step_arg(server_change::kCreateSpawning)});
    }
}

std::string treatment(const BlockDevice& device) {
    switch (device.device_class().treatment) {
        case Treatment::AttachOnly:
            return "attach only, the volume exists";
        case Treatment::CreateAndAttach:
            return device.volume_id.empty() ? "create then attach"
                                            : "attach only, an earlier attempt has created the volume";
        case Treatment::Nothing:
            break;
    }
    if (device.is<SwapDisk>()) return "a local swap disk, made by create_image";
    if (device.is<EphemeralDisk>()) return "a local ephemeral disk, made by create_image";
    return "no create and no attach, the root disk is made later by create_image";
}

std::string describe_entry(const BlockDevice& device) {
    auto text = source_and_destination(device);
    if (device.is_root()) text += " (root)";
    return text + ": " + treatment(device);
}

}  // namespace

std::vector<BlockDevice> attach_order(const std::vector<BlockDevice>& devices) {
    std::vector<BlockDevice> volumes;
    for (const auto& device : devices) {
        if (device.is_volume()) volumes.push_back(device);
    }
    std::stable_sort(volumes.begin(), volumes.end(), [](const auto& a, const auto& b) {
        return a.device_class().attach_order < b.device_class().attach_order;
    });
    return volumes;
}

std::vector<taskflow::TaskSpec> boot_plan(const std::vector<BlockDevice>& devices, const std::string& image_backend,
                                          const std::string& config_drive_reason) {
    using namespace server_change;
    std::vector<taskflow::TaskSpec> tasks{{"compute.api.create"},
                                          {"conductor.schedule", step_arg(kCreateReschedule)},
                                          {"compute.manager.build_networks", step_arg(kCreateNetworking)},
                                          {"compute.manager.prep_block_device", step_arg(kCreateBlockDeviceMapping)}};
    const auto volumes = attach_order(devices);
    for (const auto& device : volumes) {
        if (device.device_class().treatment != Treatment::CreateAndAttach) continue;
        tasks.push_back(block_device_task(device, "create"));
    }
    for (const auto& device : volumes) tasks.push_back(block_device_task(device, "attach"));
    plan_images(tasks, devices, image_backend);
    tasks.push_back({"virt.libvirt.create_config_drive", json::object{{"reason", config_drive_reason}}});
    tasks.push_back({"virt.libvirt.spawn"});
    tasks.push_back({"compute.manager.active", step_arg(kCreateFinish)});
    return tasks;
}

std::string describe_mapping(const std::vector<BlockDevice>& devices) {
    std::vector<std::string> entries;
    for (const auto& device : devices) entries.push_back(describe_entry(device));
    std::string text =
        "block_device_mapping has " + std::to_string(entries.size()) + (entries.size() == 1 ? " entry" : " entries");
    for (std::size_t i = 0; i < entries.size(); ++i) text += (i == 0 ? ": " : "; ") + entries[i];
    if (attach_order(devices).empty()) text += "; nothing to attach: attach_block_devices returns at once";
    return text;
}

}  // namespace virga::compute::flows
