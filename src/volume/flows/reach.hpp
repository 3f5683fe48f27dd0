#pragma once
#include "volume/flows/dependencies.hpp"
#include "volume/model/records.hpp"
#include "volume/volume.hpp"

namespace virga::volume::flows {

/// From where a volume can be used, by what its host said last.
Reach reach_of(Dependencies& d, const VolumeRecord& volume);
/// Whether a server on another host than the volume's has it: by NBD, where nothing can be done to it while it is used.
bool is_exported(db::Transaction& tx, const VolumeId& volume);
/// Throws Error{InvalidInput} when it is: it can't be `what` ("extended").
void refuse_exported(db::Transaction& tx, const VolumeId& volume, const std::string& what);

}  // namespace virga::volume::flows
