#pragma once
#include <string>

#include "compute/flows/flows.hpp"

/// What a host may keep of a server: asked when a host's inventory is judged.
namespace virga::compute::flows {

enum class HostClaim {
    Held,      ///< the server, room that it claims, or a flow that works on it is on this host: leave it alone
    Released,  ///< the server was deleted, or it is known and has nothing on this host: remove what is there
    Unknown,   ///< no record of such a server: a database that was restored may have lost it, so nothing is removed
};

/// A host's inventory is to be taken before this is asked: whatever a flow begins there afterwards has its claim
/// already.
HostClaim claim_on_host(db::Transaction& tx, Dependencies& d, const ServerId& server, const std::string& host);

}  // namespace virga::compute::flows
