#pragma once
#include "config/config.hpp"

namespace virga::volume::setting {

inline const config::Setting<std::int64_t> base_keep_seconds{
    "volume.base_keep_seconds", 86400,
    "Seconds that the raw copy of an image stays on a backend after its last use, so that the next volume from it "
    "copies nothing; it goes earlier when space is short."};

}  // namespace virga::volume::setting
