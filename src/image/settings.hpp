#pragma once
#include "config/config.hpp"

namespace virga::image::setting {

inline const config::Setting<std::int64_t> max_bytes{"image.max_bytes", std::int64_t{1} << 40,
                                                     "Largest image that may be uploaded, in bytes."};
inline const config::Setting<std::int64_t> quota_bytes{
    "image.quota_bytes", -1, "Bytes of image data that one project may store; below 0: no bound."};

inline const config::Setting<config::List> disk_formats{
    "image.disk_formats", config::List{"ami", "ari", "aki", "raw", "qcow2", "iso"},
    "Formats that images may have. vmdk, vhd, vhdx and vdi may be added: their readers are old and large, and their "
    "headers can name other files."};

}  // namespace virga::image::setting
