#pragma once
#include "compute/api/api.hpp"

namespace virga::compute::api {

/// POST /servers: 202 with the first server, or the reservation id. All servers of a request begin, or none.
http::Response create_server(Call& call);

}  // namespace virga::compute::api
