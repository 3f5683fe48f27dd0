#include "image/model/record.hpp"

#include <utility>

namespace virga::image {
json::object image_json(const Record& record) {
    json::object out = record.properties;
    json::array tags;
    for (const auto& tag : record.tags) tags.emplace_back(tag);
    out["id"] = record.id;
    out["name"] = optional_or_null(record.name);
    out["status"] = word(record.status);
    out["visibility"] = record.visibility;
    out["owner"] = record.owner;
    out["disk_format"] = string_or_null(record.disk_format);
    out["container_format"] = string_or_null(record.container_format);
    out["size"] = optional_or_null(record.size_bytes);
    out["virtual_size"] = optional_or_null(record.virtual_size_bytes);
    out["min_disk"] = record.min_disk_gib;
    out["min_ram"] = record.min_ram_mib;
    out["protected"] = record.is_protected;
    out["os_hidden"] = record.hidden;
    out["checksum"] = string_or_null(record.checksum_md5);
    out["os_hash_algo"] = record.sha512.empty() ? json::value(nullptr) : json::value("sha512");
    out["os_hash_value"] = string_or_null(record.sha512);
    out["tags"] = std::move(tags);
    out["created_at"] = iso8601(record.created_us);
    out["updated_at"] = iso8601(record.updated_us);
    out["self"] = "/v2/images/" + record.id;
    out["file"] = "/v2/images/" + record.id + "/file";
    out["schema"] = "/v2/schemas/image";
    return out;
}

json::object member_json(const Member& member) {
    return {{"image_id", member.image_id},
            {"member_id", member.member_id},
            {"status", word(member.status)},
            {"created_at", iso8601(member.created_us)},
            {"updated_at", iso8601(member.updated_us)},
            {"schema", "/v2/schemas/member"}};
}

Image to_image(const Record& record) {
    Image image;
    image.id = ImageId(record.id);
    image.name = record.name.value_or("");
    image.status = record.status;
    image.visibility = record.visibility;
    image.owner = ProjectId(record.owner);
    image.disk_format = record.disk_format;
    image.container_format = record.container_format;
    image.size_bytes = record.size_bytes;
    image.virtual_size_bytes = record.virtual_size_bytes;
    image.min_disk_gib = record.min_disk_gib;
    image.min_ram_mib = record.min_ram_mib;
    image.checksum_md5 = record.checksum_md5;
    image.sha512 = record.sha512;
    image.properties = record.properties;
    image.created_us = record.created_us;
    image.updated_us = record.updated_us;
    return image;
}

}  // namespace virga::image
