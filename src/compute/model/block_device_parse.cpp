#include "compute/model/block_device_parse.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "compute/model/device_names.hpp"
#include "http/schema.hpp"

namespace virga::compute {
namespace {

constexpr std::int64_t kLargest = 2147483647;
constexpr std::size_t kShortText = 255;
constexpr std::size_t kConnectionInfo = 16777215;

bool made_of(std::string_view text, std::string_view others) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.find(c) != std::string_view::npos;
    });
}

bool gate_allows_tag(int minor) {
    return minor == 32 || minor >= 42;
}

/// null is refused wherever the schema of the API has no null.
void refuse_nulls(http::Fields& fields, const json::object& object) {
    for (const auto& item : object) {
        const std::string_view key = item.key();
        if (item.value().is_null() && key != "boot_index" && key != "no_device") fields.fail(key, "must not be null");
    }
}

std::string read_device_name(http::Fields& fields) {
    const auto name = fields.string("device_name", 1, kShortText);
    if (!name) return {};
    if (!made_of(*name, "._/-")) fields.fail("device_name", "may have letters, digits and . _ / - only");
    return prepend_dev(*name);
}

std::string read_uuid(http::Fields& fields) {
    const auto uuid = fields.string("uuid", 1, kShortText);
    if (!uuid) return {};
    if (!made_of(*uuid, "._-")) fields.fail("uuid", "may have letters, digits and . _ - only");
    return is_uuid_like(*uuid) ? canonical_uuid(*uuid) : *uuid;
}

/// Numbers from 1; the text "0" means no size, as the original reads it.
std::optional<std::int64_t> read_size(http::Fields& fields, const json::object& object) {
    const auto* value = object.if_contains("volume_size");
    const bool text = value != nullptr && value->is_string();
    auto size = fields.integer("volume_size", text ? 0 : 1, kLargest);
    if (size && *size == 0) size.reset();
    return size;
}

bool read_no_device(http::Fields& fields) {
    const auto* value = fields.any("no_device");
    return value != nullptr && truthy(*value);
}

std::optional<std::int64_t> read_boot_index(http::Fields& fields) {
    const auto* value = fields.any("boot_index");
    if (value != nullptr && value->is_string() && value->get_string().empty()) return std::nullopt;
    return fields.integer("boot_index", -kLargest, kLargest);
}

std::string read_device_type(http::Fields& fields) {
    const auto type = fields.string("device_type", 0, kShortText).value_or("");
    if (!type.empty() && type != "disk" && type != "cdrom") {
        fields.fail("device_type", "'" + type + "' is not one of cdrom, disk");
    }
    return type;
}

/// Blank local disks are made with ext4, or as swap; volumes are never formatted.
std::string read_guest_format(http::Fields& fields) {
    auto format = fields.string("guest_format", 0, kShortText).value_or("");
    if (!format.empty() && format != "swap" && format != "ext4") {
        fields.fail("guest_format", "'" + format + "' is not one of ext4, swap");
    }
    return format;
}

const std::set<std::string, std::less<>>& source_types() {
    static const std::set<std::string, std::less<>> types{"blank", "image", "snapshot", "volume"};
    return types;
}

/// Everything that the schema knows; ids that only repeat what `uuid` says are checked and left.
RequestedDevice read_v2(http::Fields& fields, const json::object& object, int minor, std::string& uuid) {
    RequestedDevice device;
    refuse_nulls(fields, object);
    device.source_type = fields.one_of("source_type", source_types()).value_or("");
    device.destination_type = fields.one_of("destination_type", {"local", "volume"}).value_or("");
    uuid = read_uuid(fields);
    device.volume_id = fields.uuid("volume_id").value_or("");
    device.snapshot_id = fields.uuid("snapshot_id").value_or("");
    device.image_id = fields.uuid("image_id").value_or("");
    device.volume_size = read_size(fields, object);
    device.boot_index = read_boot_index(fields);
    device.delete_on_termination = fields.boolean("delete_on_termination").value_or(false);
    device.device_name = read_device_name(fields);
    device.guest_format = read_guest_format(fields);
    device.device_type = read_device_type(fields);
    device.disk_bus = fields.string("disk_bus", 0, kShortText).value_or("");
    device.no_device = read_no_device(fields);
    fields.string("connection_info", 0, kConnectionInfo);
    fields.string("virtual_name", 0, kShortText);
    constexpr int kVolumeTypeSince = 67;
    constexpr std::size_t kTagLength = 60;
    if (gate_allows_tag(minor)) device.tag = fields.string("tag", 1, kTagLength).value_or("");
    if (device.tag.find_first_of(",/") != std::string::npos) fields.fail("tag", "must not have ',' or '/'");
    if (minor >= kVolumeTypeSince) device.volume_type = fields.string("volume_type", 0, kShortText).value_or("");
    fields.finish();
    return device;
}

/// The uuid goes where the source type says; the other id fields of a request have no meaning.
void place_uuid(RequestedDevice& device, const std::string& uuid) {
    device.volume_id = device.source_type == "volume" ? uuid : "";
    device.snapshot_id = device.source_type == "snapshot" ? uuid : "";
    device.image_id = device.source_type == "image" ? uuid : "";
}

/// block-devices.md 2, rules 1 to 5, in that order.
void check_entry(const BlockDeviceEntry& entry, const std::string& uuid, bool has_image) {
    const auto& device = entry.device;
    if (device.source_type.empty()) {
        refuse(entry, "source_type", "is required: some required fields are missing");
    }
    if (device.source_type == "blank" && !uuid.empty()) {
        refuse(entry, "uuid", "invalid device UUID: source_type blank takes none");
    }
    if (device.source_type != "blank" && uuid.empty()) {
        refuse(entry, "uuid", "missing device UUID: name the " + device.source_type);
    }
    const bool local = device.destination_type == "local";
    if (device.source_type == "image" && local && !(has_image && device.is_root())) {
        refuse(entry, "destination_type",
               "mapping image to local is not supported, except for the imageRef with boot_index 0");
    }
    if ((device.source_type == "volume" || device.source_type == "snapshot") && local) {
        refuse(entry, "destination_type", "a " + device.source_type + " can't become a local disk: use volume");
    }
    if (device.destination_type.empty()) {
        refuse(entry, "destination_type", "is required: local or volume");
    }
    if (!device.volume_type.empty() && local) {
        refuse(entry, "volume_type", "needs destination_type volume");
    }
    if (!device.volume_type.empty() && device.source_type == "volume") {
        refuse(entry, "volume_type", "an existing volume has its type already");
    }
}

std::string where_of(std::string_view list, std::size_t index) {
    return std::string(list) + "." + std::to_string(index);
}

const json::object& object_at(const json::array& list, std::size_t index, const std::string& where) {
    if (!list[index].is_object()) throw Error(ErrorCode::InvalidInput, where + ": must be an object");
    return list[index].get_object();
}

bool is_ephemeral_name(std::string_view name) {
    constexpr std::string_view kPrefix = "ephemeral";
    if (!name.starts_with(kPrefix) || name.size() == kPrefix.size()) return false;
    return name.find_first_not_of("0123456789", kPrefix.size()) == std::string_view::npos;
}

void set_kind(RequestedDevice& device, const char* source, const char* destination) {
    device.source_type = source;
    device.destination_type = destination;
}

/// block-devices.md 3: what a legacy entry means. An id that the kind doesn't use is dropped.
void convert_v1(BlockDeviceEntry& entry, const std::string& virtual_name) {
    auto& device = entry.device;
    if (virtual_name == "swap" || is_ephemeral_name(virtual_name)) {
        set_kind(device, "blank", "local");
        device.delete_on_termination = true;
        device.guest_format = virtual_name == "swap" ? "swap" : "";
        device.volume_id.clear();
        device.snapshot_id.clear();
    } else if (!device.snapshot_id.empty()) {
        set_kind(device, "snapshot", "volume");
        device.volume_id.clear();
    } else if (!device.volume_id.empty()) {
        set_kind(device, "volume", "volume");
    } else if (!device.no_device) {
        refuse(entry, "", "unrecognized legacy format: give volume_id, snapshot_id, virtual_name or no_device");
    }
}

BlockDeviceEntry image_root(const std::string& image_id) {
    BlockDeviceEntry root;
    root.where = "imageRef";
    set_kind(root.device, "image", "local");
    root.device.image_id = image_id;
    root.device.boot_index = 0;
    root.device.device_type = "disk";
    root.device.delete_on_termination = true;
    return root;
}

BlockDeviceEntry* legacy_root(BlockDeviceEntries& entries, const std::string& image_id, const std::string& root_name) {
    const auto wanted = strip_dev(root_name.empty() ? "vda" : root_name);
    const auto usable = [](const auto& entry) {
        return !entry.device.no_device && entry.device.source_type != "blank";
    };
    for (auto& entry : entries) {
        if (usable(entry) && strip_dev(entry.device.device_name) == wanted) return &entry;
    }
    if (!image_id.empty() || !root_name.empty()) return nullptr;
    const auto first = std::find_if(entries.begin(), entries.end(), usable);
    return first == entries.end() ? nullptr : &*first;
}

}  // namespace

void refuse(const BlockDeviceEntry& entry, std::string_view field, std::string_view why) {
    std::string message = entry.where;
    if (!field.empty()) message += "." + std::string(field);
    throw Error(ErrorCode::InvalidInput, message + ": " + std::string(why));
}

bool truthy(const json::value& value) {
    const json::object holder{{"value", value}};
    try {
        http::Fields fields(holder, "no_device");
        return fields.boolean("value").value_or(false);
    } catch (const Error&) {
        return false;
    }
}

BlockDeviceEntries parse_block_devices_v2(const json::array& list, bool has_image, int minor) {
    BlockDeviceEntries entries;
    for (std::size_t i = 0; i < list.size(); ++i) {
        BlockDeviceEntry entry;
        entry.where = where_of("block_device_mapping_v2", i);
        const auto& object = object_at(list, i, entry.where);
        http::Fields fields(object, entry.where);
        std::string uuid;
        entry.device = read_v2(fields, object, minor, uuid);
        if (!entry.device.no_device) check_entry(entry, uuid, has_image);
        place_uuid(entry.device, uuid);
        entries.push_back(std::move(entry));
    }
    return entries;
}

BlockDeviceEntries parse_block_devices_v1(const json::array& list) {
    BlockDeviceEntries entries;
    for (std::size_t i = 0; i < list.size(); ++i) {
        BlockDeviceEntry entry;
        entry.where = where_of("block_device_mapping", i);
        const auto& object = object_at(list, i, entry.where);
        http::Fields fields(object, entry.where);
        refuse_nulls(fields, object);
        auto& device = entry.device;
        const auto virtual_name = fields.string("virtual_name", 0, kShortText).value_or("");
        device.volume_id = fields.uuid("volume_id").value_or("");
        device.snapshot_id = fields.uuid("snapshot_id").value_or("");
        device.volume_size = read_size(fields, object);
        device.device_name = read_device_name(fields);
        device.delete_on_termination = fields.boolean("delete_on_termination").value_or(false);
        device.no_device = read_no_device(fields);
        fields.string("connection_info", 0, kConnectionInfo);
        fields.finish();
        convert_v1(entry, virtual_name);
        entries.push_back(std::move(entry));
    }
    return entries;
}

void assign_legacy_root(BlockDeviceEntries& entries, const std::string& image_id, const std::string& root_name,
                        bool root_elsewhere) {
    for (auto& entry : entries) {
        if (!entry.device.no_device) entry.device.boot_index = -1;
    }
    if (auto* root = legacy_root(entries, image_id, root_name)) {
        root->device.boot_index = 0;
    } else if (!image_id.empty() && !root_elsewhere) {
        entries.insert(entries.begin(), image_root(image_id));
    }
}

}  // namespace virga::compute
