#pragma once
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "disk/file.hpp"
#include "volume/host/backup/chunk.hpp"

namespace virga::volume::host::backup {

/// What a manifest says of the whole backup.
struct Header {
    std::string id;         ///< the folder's name
    std::string parent;     ///< of an incremental; empty: full
    std::string volume_id;  ///< what was backed up
    std::int64_t size_bytes = 0;
    std::int64_t chunk_bytes = kChunkBytes;
    std::vector<std::string> owners;  ///< backups whose data files it needs, oldest first, itself last
    bool encrypted = false;           ///< chunks are encrypted, see chunk_cipher.hpp
    json::object volume;  ///< of the volume when it was backed up: metadata and the like, as control gave it
};

/// Totals, at the end of a manifest.
struct Totals {
    std::int64_t chunks = 0;        ///< all that are not zero
    std::int64_t own_chunks = 0;    ///< of these, in the own data file
    std::int64_t stored_bytes = 0;  ///< size of the own data file
};

/// A manifest is a text file: a line with the version, one with the header (JSON), a line per chunk in rising order
/// ("index owner codec offset stored sha256"), and "end {totals} sha256-of-all-before". So a truncated or damaged one
/// is always recognised. Both sides stream: a manifest is never held in memory.
class ManifestWriter {
public:
    /// A new file at `path`; on destruction before finish() it stays half-made.
    ManifestWriter(const std::string& path, const Header& header);
    void add(const Chunk& chunk);
    /// Writes the end and syncs. Throws NoSpace.
    Totals finish(std::int64_t stored_bytes);

private:
    void put(std::string_view text);
    void flush();

    disk::File file_;
    std::int64_t own_;
    Hasher hasher_{HashAlgorithm::Sha256};
    std::string buffer_;
    std::int64_t written_ = 0;
    Totals totals_;
};

class ManifestReader {
public:
    /// Reads the whole file once to verify its digest, then stands before the first chunk. Throws Error{NotFound} when
    /// there is no file, Error{Corrupt} that names it when it is truncated, changed or says impossible things.
    explicit ManifestReader(const std::string& path);

    const Header& header() const { return header_; }
    const Totals& totals() const { return totals_; }
    /// The next chunk, in rising order of the index; nothing at the end.
    std::optional<Chunk> next();

private:
    struct Lines;
    [[noreturn]] void damaged(const std::string& why) const;
    void verify();
    Header parse_header(const std::string& line) const;
    Totals parse_end(const std::string& line, const std::string& digest) const;
    Chunk parse_chunk(const std::string& line) const;

    std::string path_;
    std::shared_ptr<Lines> lines_;
    Header header_;
    Totals totals_;
    std::int64_t last_index_ = -1;
};

}  // namespace virga::volume::host::backup
