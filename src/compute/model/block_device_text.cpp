#include <algorithm>

#include "compute/model/block_device_plan.hpp"

namespace virga::compute {
namespace {

std::string size_text(const BlockDevice& device, const char* unit) {
    return std::to_string(device.volume_size.value_or(0)) + " " + unit;
}

std::string effect(const BlockDevice& device) {
    if (device.is_local_root()) return "root disk comes from the image cache; no volume is created or attached";
    if (device.is_swap()) return "an empty local swap disk of " + size_text(device, "MiB");
    if (device.is_ephemeral()) return "an empty local disk of " + size_text(device, "GiB");
    if (device.source_type == "volume") {
        return "existing volume " + device.volume_id + " is attached; no image work on the host";
    }
    if (device.source_type == "snapshot") {
        return "a volume of " + size_text(device, "GiB") + " is created from snapshot " + device.snapshot_id +
               ", then attached";
    }
    if (device.source_type == "image") {
        return "a volume of " + size_text(device, "GiB") + " is created from image " + device.image_id +
               ", then attached";
    }
    return "an empty volume of " + size_text(device, "GiB") + " is created, then attached";
}

}  // namespace

std::string way_of(const std::vector<BlockDevice>& devices) {
    const auto root = std::find_if(devices.begin(), devices.end(), [](const auto& d) { return d.is_root(); });
    if (root == devices.end()) return "unknown";
    if (!root->is_volume()) return "boot from image";
    if (root->source_type == "volume") return "boot from volume";
    if (root->source_type == "snapshot") return "boot from volume snapshot (creates a new volume)";
    if (root->source_type == "image") return "boot from image (creates a new volume)";
    return "boot from blank volume (creates a new volume)";
}

std::string describe(const BlockDevice& device) {
    return "source " + device.source_type + ", destination " + device.destination_type + ": " + effect(device);
}

std::vector<std::string> describe_all(const std::vector<BlockDevice>& devices) {
    const auto root = std::find_if(devices.begin(), devices.end(), [](const auto& d) { return d.is_root(); });
    const bool from_volume = root != devices.end() && root->is_volume();
    std::vector<std::string> sentences{"way: " + way_of(devices) +
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
