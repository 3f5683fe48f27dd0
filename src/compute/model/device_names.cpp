#include "compute/model/device_names.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "compute/virt/qemu/buses.hpp"

namespace virga::compute {
namespace {

constexpr std::string_view kDev = "/dev/";

bool is_letters(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

/// Whether `name` (without "/dev/") is the prefix followed by letters.
bool fits(std::string_view name, std::string_view prefix) {
    return name.starts_with(prefix) && is_letters(name.substr(prefix.size()));
}

/// 0 -> a, 25 -> z, 26 -> aa.
std::string letters(std::size_t index) {
    constexpr std::size_t kLetters = 26;
    std::string text;
    for (++index; index > 0; index = (index - 1) / kLetters) {
        text.insert(text.begin(), static_cast<char>('a' + (index - 1) % kLetters));
    }
    return text;
}

int naming_rank(const BlockDevice& device) {
    return device.is_root() ? 0 : device.device_class().naming_order;
}

void name_one(BlockDevice& device, std::set<std::string>& used, const json::object& properties) {
    if (device.device_type.empty()) device.device_type = "disk";
    if (device.disk_bus.empty()) device.disk_bus = virt::qemu::default_disk_bus(properties, device.device_type);
    const auto prefix = virt::qemu::device_prefix(device.disk_bus);
    auto name = strip_dev(device.device_name);
    if (!fits(name, prefix) || used.contains(name)) name = next_device_name(prefix, used);
    used.insert(name);
    device.device_name = prepend_dev(name);
}

}  // namespace

std::string strip_dev(std::string_view name) {
    if (name.starts_with(kDev)) name.remove_prefix(kDev.size());
    return std::string(name);
}

std::string prepend_dev(std::string_view name) {
    return name.empty() || name.starts_with(kDev) ? std::string(name) : std::string(kDev) + std::string(name);
}

std::string next_device_name(const std::string& prefix, const std::set<std::string>& used) {
    std::size_t index = 0;
    while (used.contains(prefix + letters(index))) ++index;
    return prefix + letters(index);
}

void assign_device_names(std::vector<BlockDevice>& devices, const json::object& image_properties) {
    std::vector<BlockDevice*> order;
    for (auto& device : devices) order.push_back(&device);
    std::stable_sort(order.begin(), order.end(),
                     [](const auto* a, const auto* b) { return naming_rank(*a) < naming_rank(*b); });
    std::set<std::string> used;
    for (auto* device : order) name_one(*device, used, image_properties);
}

std::string attach_device_name(const std::vector<BlockDevice>& present, std::string_view requested,
                               std::string_view disk_bus) {
    std::set<std::string> used;
    for (const auto& device : present) used.insert(strip_dev(device.device_name));
    const auto prefix = virt::qemu::device_prefix(disk_bus);
    const auto wanted = strip_dev(requested);
    if (wanted.empty()) return prepend_dev(next_device_name(prefix, used));
    if (wanted.size() < 3 || !is_letters(wanted)) {
        throw Error(ErrorCode::InvalidInput,
                    "device: the supplied device path (" + std::string(requested) + ") is invalid, write /dev/vdb");
    }
    if (used.contains(wanted)) {
        throw Error(ErrorCode::Conflict, "device: the supplied device path (/dev/" + wanted + ") is in use");
    }
    return prepend_dev(fits(wanted, prefix) ? wanted : next_device_name(prefix, used));
}

std::string root_device_name(const std::vector<BlockDevice>& devices) {
    for (const auto& device : devices) {
        if (device.is_root()) return device.device_name;
    }
    return {};
}

}  // namespace virga::compute
