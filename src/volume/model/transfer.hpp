#pragma once
#include <string>

#include "volume/model/records.hpp"

namespace virga::volume {

/// An offer of a volume to whoever has its key.
struct Transfer {
    std::string id;
    VolumeId volume;
    std::string name;
    ProjectId source;           ///< project that offers
    bool no_snapshots = false;  ///< the volume's snapshots stay where they are
    std::string salt;
    std::string key_hash;  ///< of salt and key: the key itself is shown once and never kept
    TimestampUs created_us = 0;
};

}  // namespace virga::volume
