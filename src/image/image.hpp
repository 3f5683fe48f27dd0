#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "image/model/image_state.hpp"

/// What other services know of images.
namespace virga::image {

/// One image as other services see it.
struct Image {
    ImageId id;
    std::string name;
    ImageStatus status = ImageStatus::Queued;
    std::string visibility;
    ProjectId owner;
    std::string disk_format;
    std::string container_format;
    std::optional<std::int64_t> size_bytes;
    std::optional<std::int64_t> virtual_size_bytes;
    std::int64_t min_disk_gib = 0;
    std::int64_t min_ram_mib = 0;
    std::string checksum_md5;
    std::string sha512;
    json::object
        properties;  ///< name -> string: the image's own properties (hw_disk_bus, block_device_mapping, mappings, ...)
    TimestampUs created_us = 0;
    TimestampUs updated_us = 0;
    std::string unusable = {};  ///< why no disk can be made from its data; empty: one can
};

/// An image whose data another service makes.
struct NewImage {
    ImageId id;  ///< chosen by the caller, so that a repeat can't make a second one
    std::string name;
    std::string disk_format;
    std::string container_format;
    std::string visibility = "shared";
    bool is_protected = false;
    std::int64_t min_disk_gib = 0;
    std::int64_t min_ram_mib = 0;
    json::object properties;  ///< name -> string; names of an image's own attributes are left out
    /// Bytes that its data will have, when that is known before; 0: it is not.
    std::int64_t expected_bytes = 0;
};

}  // namespace virga::image
