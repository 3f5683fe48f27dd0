#pragma once
#include "volume/api/api.hpp"

/// Levels of the logs of services (3.32). The scheduler and the API are one process, a storage host another; each has
/// one logger, "virga".
namespace virga::volume::api {

http::Response set_log_levels(const Call& call);
http::Response get_log_levels(const Call& call);

}  // namespace virga::volume::api
