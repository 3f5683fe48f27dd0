#include "compute/model/block_device_merge.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "compute/model/device_names.hpp"

namespace virga::compute {
namespace {

/// Properties are texts; lists are JSON in them.
json::array list_property(const json::object& properties, std::string_view name) {
    const auto* value = properties.if_contains(name);
    if (value == nullptr || value->is_null()) return {};
    if (value->is_array()) return value->get_array();
    boost::system::error_code failure;
    const auto parsed = value->is_string() && !value->get_string().empty() ? json::parse(value->get_string(), failure)
                                                                           : json::value(json::array());
    if (failure || !parsed.is_array()) {
        throw Error(ErrorCode::InvalidInput, "image property " + std::string(name) + ": must be a JSON list");
    }
    return parsed.get_array();
}

std::string text_of(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<std::int64_t> number_of(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (value == nullptr) return std::nullopt;
    if (value->is_int64()) return value->get_int64();
    if (!value->is_string() || value->get_string().empty()) return std::nullopt;
    try {
        return std::stoll(std::string(value->get_string()));
    } catch (const std::logic_error&) {
        return std::nullopt;
    }
}

bool flag_of(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && truthy(*value);
}

/// An entry as the original writes it into an image when a server that boots from a volume is snapshotted.
RequestedDevice stored_device(const json::object& object) {
    RequestedDevice device;
    device.source_type = text_of(object, "source_type");
    device.destination_type = text_of(object, "destination_type");
    device.guest_format = text_of(object, "guest_format");
    device.device_type = text_of(object, "device_type");
    device.disk_bus = text_of(object, "disk_bus");
    device.device_name = prepend_dev(text_of(object, "device_name"));
    device.boot_index = number_of(object, "boot_index");
    device.delete_on_termination = flag_of(object, "delete_on_termination");
    device.no_device = flag_of(object, "no_device");
    // Ids of what it isn't made from are left over from the server that the image was made of.
    if (device.source_type == "image") device.image_id = text_of(object, "image_id");
    if (device.source_type == "snapshot") device.snapshot_id = text_of(object, "snapshot_id");
    if (device.source_type == "volume") device.volume_id = text_of(object, "volume_id");
    device.volume_size = number_of(object, "volume_size");
    device.volume_type = text_of(object, "volume_type");
    device.tag = text_of(object, "tag");
    return device;
}

void check_stored(const BlockDeviceEntry& entry) {
    const auto& device = entry.device;
    if (device.no_device) return;
    if (device.source_type == "snapshot" && !device.snapshot_id.empty() && device.is_volume()) return;
    if (device.source_type == "volume" && !device.volume_id.empty() && device.is_volume()) return;
    if (device.source_type == "image" && !device.image_id.empty() && device.is_volume()) return;
    if (device.source_type == "blank" && (device.is_volume() || device.destination_type == "local")) return;
    refuse(entry, "", "source_type, its id and destination_type don't go together");
}

const json::object& entry_object(const json::value& value, const std::string& where) {
    if (!value.is_object()) throw Error(ErrorCode::InvalidInput, where + ": must be an object");
    return value.get_object();
}

BlockDeviceEntries stored_entries(const json::array& list) {
    BlockDeviceEntries entries;
    for (std::size_t i = 0; i < list.size(); ++i) {
        BlockDeviceEntry entry;
        entry.where = "image property block_device_mapping." + std::to_string(i);
        entry.device = stored_device(entry_object(list[i], entry.where));
        check_stored(entry);
        entries.push_back(std::move(entry));
    }
    return entries;
}

BlockDeviceEntries legacy_stored_entries(const json::array& list, const std::string& root_name) {
    auto entries = parse_block_devices_v1(list);
    for (auto& entry : entries) entry.where = "image property " + entry.where;
    const auto named = root_name.empty() ? std::string("/dev/vda") : root_name;
    assign_legacy_root(entries, {}, named, true);
    return entries;
}

RequestedDevice blank_local(std::int64_t size, bool swap) {
    RequestedDevice device;
    device.source_type = "blank";
    device.destination_type = "local";
    device.guest_format = swap ? "swap" : "";
    device.device_type = "disk";
    device.boot_index = -1;
    device.delete_on_termination = true;
    device.volume_size = size;
    return device;
}

/// `mappings`: only swap and ephemeralN count, with the size that the flavor gives; none gives no disk.
BlockDeviceEntries mapped_entries(const json::array& list, const Flavor& flavor) {
    BlockDeviceEntries entries;
    for (std::size_t i = 0; i < list.size(); ++i) {
        BlockDeviceEntry entry;
        entry.where = "image property mappings." + std::to_string(i);
        const auto& object = entry_object(list[i], entry.where);
        const auto name = text_of(object, "virtual");
        const bool swap = name == "swap";
        if (!swap && !name.starts_with("ephemeral")) continue;
        const auto size = swap ? flavor.swap_mib : flavor.ephemeral_gib;
        if (size == 0) continue;
        entry.device = blank_local(size, swap);
        entry.device.device_name = prepend_dev(text_of(object, "device"));
        entries.push_back(std::move(entry));
    }
    return entries;
}

}  // namespace

std::string root_name_of_properties(const json::object& properties) {
    for (const auto& value : list_property(properties, "mappings")) {
        if (value.is_object() && text_of(value.get_object(), "virtual") == "root") {
            return prepend_dev(text_of(value.get_object(), "device"));
        }
    }
    return prepend_dev(text_of(properties, "root_device_name"));
}

BlockDeviceEntries image_defined_devices(const json::object& properties, const Flavor& flavor) {
    const auto list = list_property(properties, "block_device_mapping");
    const auto defined = flag_of(properties, "bdm_v2")
                             ? stored_entries(list)
                             : legacy_stored_entries(list, root_name_of_properties(properties));
    const auto mapped = mapped_entries(list_property(properties, "mappings"), flavor);
    return merge_block_devices(mapped, defined);
}

BlockDeviceEntries merge_block_devices(const BlockDeviceEntries& image_defined, const BlockDeviceEntries& requested) {
    std::set<std::string> names;
    for (const auto& entry : requested) {
        if (!entry.device.device_name.empty()) names.insert(entry.device.device_name);
    }
    auto merged = requested;
    for (const auto& entry : image_defined) {
        if (!names.contains(entry.device.device_name)) merged.push_back(entry);
    }
    return merged;
}

void add_flavor_devices(BlockDeviceEntries& entries, const Flavor& flavor) {
    const auto none = [&](auto matches) {
        return std::none_of(entries.begin(), entries.end(), [&](const auto& entry) { return matches(entry.device); });
    };
    const bool ephemeral = flavor.ephemeral_gib > 0 && none([](const auto& d) { return d.is_ephemeral(); });
    const bool swap = flavor.swap_mib > 0 && none([](const auto& d) { return d.is_swap(); });
    if (ephemeral) entries.push_back({blank_local(flavor.ephemeral_gib, false), "flavor.ephemeral"});
    if (swap) entries.push_back({blank_local(flavor.swap_mib, true), "flavor.swap"});
}

}  // namespace virga::compute
