#pragma once
#include "config/config.hpp"

namespace virga::image::setting {

inline const config::Setting<std::int64_t> max_bytes{"image.max_bytes", std::int64_t{1} << 40,
                                                     "Largest image that may be uploaded, in bytes."};
inline const config::Setting<std::int64_t> quota_bytes{
    "image.quota_bytes", std::int64_t{500} << 30,
    "Bytes of image data that one project may store, what is being uploaded included; below 0: no bound."};
inline const config::Setting<std::int64_t> quota_images{"image.quota_images", 1000,
                                                        "Images that one project may have; below 0: no bound."};
inline const config::Setting<std::int64_t> quota_uploads{
    "image.quota_uploads", 10, "Images whose data one project may be uploading at once; below 0: no bound."};
inline const config::Setting<std::int64_t> reserved_space_bytes{
    "image.reserved_space_bytes", std::int64_t{1} << 30,
    "Bytes that uploads leave free on the disk of the image store, which the database of the cloud's state shares (0 "
    "and "
    "more)."};

inline const config::Setting<config::List> disk_formats{
    "image.disk_formats", config::List{"ami", "ari", "aki", "raw", "qcow2", "iso"},
    "Formats that images may have. vmdk, vhd, vhdx and vdi may be added: their readers are old and large, and their "
    "headers can name other files."};

}  // namespace virga::image::setting
