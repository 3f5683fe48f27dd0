#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compute/model/block_device.hpp"
#include "compute/model/server.hpp"

/// What servers take of hosts.
namespace virga::compute {

/// Of a host, or of what a server takes of it.
struct Amounts {
    std::int64_t vcpus = 0;
    std::int64_t memory_mib = 0;
    std::int64_t disk_gib = 0;  ///< of local disks only: a server on volumes takes none

    bool operator==(const Amounts& other) const = default;
};
std::string to_string(const Amounts& amounts);

/// What a server holds room on a host for. At most one of each at a time.
enum class ClaimRole {
    Current,   ///< it is there
    Incoming,  ///< it is to come there, by a resize or migration
    Outgoing,  ///< it was there, and may have to go back
};
std::string_view to_string(ClaimRole role);
ClaimRole claim_role_of(std::string_view text);

/// Room on a host that a server holds: as much as it claimed, whatever happens to its flavor.
struct Allocation {
    ServerId server;
    std::string host;
    ClaimRole role = ClaimRole::Current;
    Amounts amounts;
};

/// Root (when it is local), ephemeral and swap disks of a server that is made with these devices. The only rule: what
/// it says is stored with the server, and claimed.
std::int64_t local_disk_gib(const Flavor& flavor, const std::vector<BlockDevice>& devices);
/// What a server claims.
Amounts amounts_of(const Server& server);

}  // namespace virga::compute
