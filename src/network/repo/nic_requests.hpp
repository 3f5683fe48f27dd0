#pragma once
#include "identity/service.hpp"
#include "network/service.hpp"

namespace virga::network::repo {

/// See Service::check_request.
std::vector<NicRequest> check_nic_requests(db::Transaction& tx, const identity::Auth& auth, const json::value& networks,
                                           std::int64_t max_count);
/// That the caller may still have what was checked: the networks, ports and chosen addresses. Errors as there.
void require_rights(db::Transaction& tx, const identity::Auth& auth, const std::vector<NicRequest>& requests);

}  // namespace virga::network::repo
