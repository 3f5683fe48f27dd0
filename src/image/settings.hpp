#pragma once
#include "config/config.hpp"

namespace virga::image::setting {

inline const config::Setting<std::int64_t> max_bytes{"image.max_bytes", std::int64_t{1} << 40,
                                                     "Largest image that may be uploaded, in bytes."};
inline const config::Setting<std::int64_t> quota_bytes{
    "image.quota_bytes", -1, "Bytes of image data that one project may store; below 0: no bound."};

}  // namespace virga::image::setting
