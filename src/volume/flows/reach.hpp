#pragma once
#include "volume/flows/dependencies.hpp"
#include "volume/model/records.hpp"
#include "volume/volume.hpp"

namespace virga::volume::flows {

/// From where a volume can be used, by what its host said last.
Reach reach_of(Dependencies& d, const VolumeRecord& volume);
/// Whether a server on another host than the volume's has it, by NBD: the guest knows nothing of its files.
bool by_network(const AttachmentRecord& attachment);
/// Whether an attachment of the volume is of that kind.
bool is_exported(db::Transaction& tx, const VolumeId& volume);

}  // namespace virga::volume::flows
