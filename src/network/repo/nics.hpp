#pragma once
#include <unordered_map>

#include "base/ids.hpp"
#include "network/model/types.hpp"
#include "network/repo/list_query.hpp"

namespace virga::network::repo {

std::string tap_name(const std::string& port);
std::string bridge_name(const std::string& network);
/// Ports that are being taken away from their server: nobody sees them, but their taps may be on the host still.
enum class Leaving { Hidden, Included };

/// The nics of servers, in their order, with three statements per 500 ports or servers.
std::unordered_map<ServerId, std::vector<Nic>> nics_of_servers(db::Transaction& tx,
                                                               const std::vector<ServerId>& servers,
                                                               Leaving leaving = Leaving::Hidden);

}  // namespace virga::network::repo
