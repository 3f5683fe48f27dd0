#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace virga::volume::host::backup {

/// Encrypts the chunks of a backup, and keys their digests, so that the directory tells nothing of the content but
/// which chunks are zeros. Without a key chunks stay as they are, and digests are plain ones. Thread-safe.
class ChunkCipher {
public:
    /// `key`: the passphrase of the volume that the backup is of; all backups of a chain have the same.
    explicit ChunkCipher(const Secret& key);

    /// 64 lowercase hex digits.
    std::string digest(std::string_view plain) const;
    /// `owner`: id of the backup whose data file has the chunk. The result lies in `room`; without a key it is
    /// `stored` itself.
    std::string_view encrypt(std::string_view stored, const std::string& owner, std::int64_t index,
                             std::string& room) const;
    /// Likewise. Throws Error{Corrupt}: another key, or the chunk was changed or is another's.
    std::string_view decrypt(std::string_view stored, const std::string& owner, std::int64_t index,
                             std::string& room) const;

private:
    Secret data_key_;
    Secret digest_key_;
};

}  // namespace virga::volume::host::backup
