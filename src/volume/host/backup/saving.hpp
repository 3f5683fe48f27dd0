#pragma once
#include "volume/host/backup/chunk_cipher.hpp"
#include "volume/host/backup/store.hpp"

namespace virga::volume::host::backup {

struct Saved {
    Totals totals;
    std::int64_t read_bytes = 0;
};
/// Writes the data file and the manifest of a new backup into `folder`, synced. `parent`: stands before its first
/// chunk.
Saved save(const std::string& folder, const Header& header, ManifestReader* parent, VolumeDisk& disk,
           const ChunkCipher& cipher, const Call& call);

}  // namespace virga::volume::host::backup
