#include <algorithm>

#include "compute/model/block_device_plan.hpp"

namespace virga::compute {
namespace {

std::string effect(const BlockDevice& device, const ExistingVolume&) {
    return "existing volume " + device.volume_id + " is attached; no image work on the host";
}

std::string effect(const BlockDevice&, const VolumeFromSnapshot& kind) {
    return "a volume of " + to_string(kind.size) + " is created from snapshot " + kind.snapshot.value +
           ", then attached";
}

std::string effect(const BlockDevice&, const VolumeFromImage& kind) {
    return "a volume of " + to_string(kind.size) + " is created from image " + kind.image.value + ", then attached";
}

std::string effect(const BlockDevice&, const BlankVolume& kind) {
    return "an empty volume of " + to_string(kind.size) + " is created, then attached";
}

std::string effect(const BlockDevice&, const LocalImage&) {
    return "root disk comes from the image cache; no volume is created or attached";
}

std::string effect(const BlockDevice&, const EphemeralDisk& kind) {
    return "an empty local disk of " + to_string(kind.size.value_or(Gib{}));
}

std::string effect(const BlockDevice&, const SwapDisk& kind) {
    return "an empty local swap disk of " + to_string(kind.size.value_or(Mib{}));
}

const BlockDevice* root_of(const std::vector<BlockDevice>& devices) {
    const auto root = std::find_if(devices.begin(), devices.end(), [](const auto& d) { return d.is_root(); });
    return root == devices.end() ? nullptr : &*root;
}

}  // namespace

std::optional<BootWay> way_of(const std::vector<BlockDevice>& devices) {
    const auto* root = root_of(devices);
    return root == nullptr ? std::nullopt : std::optional(root->device_class().way);
}

std::string source_and_destination(const BlockDevice& device) {
    const auto& known = device.device_class();
    return "source " + std::string(known.source_type) + ", destination " + std::string(known.destination_type);
}

std::string describe(const BlockDevice& device) {
    return source_and_destination(device) + ": " +
           std::visit([&](const auto& kind) { return effect(device, kind); }, device.kind);
}

std::vector<std::string> describe_all(const std::vector<BlockDevice>& devices) {
    const auto* root = root_of(devices);
    const bool from_volume = root != nullptr && root->is_volume();
    const auto way = root == nullptr ? std::string_view("unknown") : lifecycle::word(root->device_class().way);
    std::vector<std::string> sentences{"way: " + std::string(way) +
                                       "; booted_from_volume = " + (from_volume ? "true" : "false")};
    const auto count =
        "block_device_mapping has " + std::to_string(devices.size()) + (devices.size() == 1 ? " entry" : " entries");
    if (devices.size() == 1) {
        sentences.push_back(count + ": " + describe(devices.front()));
        return sentences;
    }
    sentences.push_back(count);
    for (const auto& device : devices) sentences.push_back(device.device_name + ": " + describe(device));
    return sentences;
}

}  // namespace virga::compute
