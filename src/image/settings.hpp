#pragma once
#include "config/config.hpp"

namespace virga::image::setting {

inline const config::Setting<std::string> folder{"image.folder", std::string(),
                                                 "Folder with the data of images, which control processes of one cloud "
                                                 "share, and hosts may; of control.user. Empty: "
                                                 "`control/images` in the state folder."};
inline const config::Setting<std::int64_t> max_bytes{
    "image.max_bytes", std::int64_t{1} << 40, {1, config::kMaxBytes}, "Largest image that may be uploaded, in bytes."};
inline const config::Setting<std::int64_t> quota_bytes{
    "image.quota_bytes",
    std::int64_t{500} << 30,
    {-1, config::kMaxBytes},
    "Bytes of image data that one project may store, what is being uploaded included; -1: no bound."};
inline const config::Setting<std::int64_t> quota_images{"image.quota_images", 1000, config::kQuota,
                                                        "Images that one project may have; -1: no bound."};
inline const config::Setting<std::int64_t> quota_uploads{
    "image.quota_uploads", 10, config::kQuota, "Images whose data one project may be uploading at once; -1: no bound."};
inline const config::Setting<std::int64_t> reserved_space_bytes{
    "image.reserved_space_bytes",
    std::int64_t{1} << 30,
    {0, config::kMaxBytes},
    "Bytes that uploads leave free on the disk of the image store, which the database of the cloud's state shares."};

/// May be: what the inspector can tell from other formats and judge.
inline const config::Setting<config::List> disk_formats{
    "image.disk_formats", config::List{"ami", "ari", "aki", "raw", "qcow2", "iso"},
    config::OneOf{"ami", "ari", "aki", "raw", "qcow2", "iso", "vmdk", "vhd", "vhdx", "vdi"},
    "Formats that images may have. vmdk, vhd, vhdx and vdi may be added: their readers are old and large, and their "
    "headers can name other files."};

}  // namespace virga::image::setting
