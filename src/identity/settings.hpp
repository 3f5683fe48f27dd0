#pragma once
#include "config/config.hpp"

namespace virga::identity::setting {

inline const config::Setting<std::int64_t> token_ttl_seconds{
    "identity.token_ttl_seconds", 14400, "Seconds for which a new token is valid (60 to 31536000)."};
inline const config::Setting<std::string> region{"identity.region", std::string("RegionOne"),
                                                 "Name of the region that the catalog shows."};

}  // namespace virga::identity::setting
