#pragma once
#include "network/service.hpp"

namespace virga::network::repo {

/// Ports that are bound to servers that don't exist.
std::vector<std::string> audit_devices(db::Transaction& tx, const std::vector<ServerId>& live_servers);
/// Projects whose ports aren't as many as is counted for their quotas.
std::vector<std::string> audit_usage(db::Transaction& tx);
/// Taps on connected hosts that belong to no port, and ACTIVE ports whose tap is missing.
std::vector<std::string> audit_taps(db::Transaction& tx, rpc::Caller& hosts);

}  // namespace virga::network::repo
