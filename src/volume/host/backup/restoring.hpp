#pragma once
#include "volume/host/backup/chunk_cipher.hpp"
#include "volume/host/backup/store.hpp"

namespace virga::volume::host::backup {

/// Writes all chunks of a manifest, verified, and zeros between and behind them. `owners`: their open data files.
std::int64_t write_chunks(ManifestReader& manifest, const std::vector<disk::File>& owners, const ChunkCipher& cipher,
                          VolumeDisk& disk, const Call& call);

}  // namespace virga::volume::host::backup
