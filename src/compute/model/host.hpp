#pragma once
#include <optional>
#include <string>

#include "compute/model/claim.hpp"

namespace virga::compute {

/// What a host that runs servers says of itself.
struct HostReport {
    std::string name;
    std::string zone;                         ///< of its servers, never empty
    std::optional<std::string> storage_zone;  ///< of the volumes made there, may be empty; nullopt: it makes none
    Amounts total;                            ///< what the machine has
    Amounts limit;                            ///< what may be claimed: the total times the settings' percentage
    bool remote_disks = false;                ///< its servers can use volumes that other hosts export

    bool operator==(const HostReport& other) const = default;
};

/// What an administrator says of a host's service, whatever the host says.
struct ServiceState {
    bool disabled = false;        ///< it takes no new servers; those that it has stay as they are
    std::string disabled_reason;  ///< may be empty; always of one that isn't disabled
    bool forced_down = false;     ///< held for down, even while it answers

    bool operator==(const ServiceState& other) const = default;
};

/// The same with what only the cloud knows. A host that went away keeps its row, and the claims on it.
struct Host : HostReport {
    bool up = false;           ///< as was last heard: whether it is connected now is known by rpc alone
    Amounts used;              ///< sum of the allocations there
    std::int64_t servers = 0;  ///< number of them
    ServiceState service;
};

}  // namespace virga::compute
