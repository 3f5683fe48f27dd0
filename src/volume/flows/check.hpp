#pragma once
#include <string>
#include <vector>

#include "volume/flows/dependencies.hpp"

namespace virga::volume::flows {

/// See Service::check. Asks every connected storage host for its inventory.
std::vector<std::string> check(db::Transaction& tx, Dependencies& d, const std::vector<ServerId>& live_servers);

}  // namespace virga::volume::flows
