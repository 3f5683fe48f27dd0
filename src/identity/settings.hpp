#pragma once
#include "config/config.hpp"

namespace virga::identity::setting {

inline const config::Setting<std::int64_t> token_ttl_seconds{
    "identity.token_ttl_seconds", 14400, "Seconds for which a new token is valid (60 to 31536000)."};
inline const config::Setting<std::string> region{"identity.region", std::string("RegionOne"),
                                                 "Name of the region that the catalog shows."};
inline const config::Setting<std::string> admin_project{
    "identity.admin_project", std::string("admin"),
    "Name of the project of domain Default whose administrators are the cloud's; an administrator of another project "
    "has what a manager of it has."};
inline const config::Setting<std::string> service_project{"identity.service_project", std::string("service"),
                                                          "Name of the project of domain Default in which the role "
                                                          "service means another service of the cloud; elsewhere that "
                                                          "role gives nothing."};
inline const config::Setting<bool> admin_of_any_project{
    "identity.admin_of_any_project", false,
    "Whether an administrator of any project is the cloud's, as in OpenStack's older releases."};

}  // namespace virga::identity::setting
