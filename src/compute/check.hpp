#pragma once
#include <string>
#include <vector>

#include "compute/flows/flows.hpp"

namespace virga::compute {

/// Differences between the rows of servers and what the connected hosts say, one sentence each; empty when healthy.
/// Servers that a flow is working on are left out: they are allowed to differ.
std::vector<std::string> check_servers(db::Transaction& tx, flows::Dependencies& d);
/// See Service::weaknesses.
std::vector<std::string> weak_hosts(const flows::Dependencies& d);

}  // namespace virga::compute
