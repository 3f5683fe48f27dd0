#pragma once
#include "identity/service.hpp"
#include "network/service.hpp"

namespace virga::network::repo {

/// See Service::check_request.
std::vector<NicRequest> check_nic_requests(db::Transaction& tx, const identity::Auth& auth, const json::value& networks,
                                           std::int64_t max_count);

}  // namespace virga::network::repo
