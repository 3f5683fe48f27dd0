#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "image/image.hpp"

namespace virga::image {

/// One image as stored.
struct Record {
    std::string id;
    std::optional<std::string> name;
    ImageStatus status = ImageStatus::Queued;
    std::string visibility = "shared";
    std::string owner;
    std::string disk_format;       ///< as declared; empty: not yet
    std::string container_format;  ///< as declared; empty: not yet
    std::string tool_format;       ///< what the data was found to be; set with the data
    std::optional<std::int64_t> size_bytes;
    std::optional<std::int64_t> virtual_size_bytes;
    std::int64_t min_disk_gib = 0;
    std::int64_t min_ram_mib = 0;
    bool is_protected = false;
    bool hidden = false;
    std::string checksum_md5;
    std::string sha512;
    std::string xxh3;                ///< for hosts that verify the data
    std::vector<std::string> tags;   ///< each once, in the order of adding
    json::object properties;         ///< name -> string
    std::int64_t charged_bytes = 0;  ///< for the upload that runs
    std::string upload_id;           ///< of the upload that runs while the status is saving
    std::string upload_owner;        ///< the process (its lease) that receives it; empty: the only one
    bool upload_by_flow = false;     ///< upload_id is a flow, which goes on after a restart; else a request's
    TimestampUs created_us = 0;
    TimestampUs updated_us = 0;

    bool has_data() const { return status == ImageStatus::Active || status == ImageStatus::Deactivated; }
};

/// One project that a shared image was offered to.
struct Member {
    std::string image_id;
    std::string member_id;
    MemberStatus status = MemberStatus::Pending;
    TimestampUs created_us = 0;
    TimestampUs updated_us = 0;
};

/// The image as Glance shows it.
json::object image_json(const Record& record);
json::object member_json(const Member& member);
/// The image as other services see it.
Image to_image(const Record& record);

}  // namespace virga::image
