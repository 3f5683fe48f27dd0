#pragma once
#include <string>

#include "base/secret.hpp"

namespace virga::volume {

/// Keys of volumes as the database keeps them: sealed with the master key, which is in a file of its own. So neither a
/// copy of the database nor one of the disks is enough to read a volume.
class KeyVault {
public:
    /// Reads the master key. `may_make`: nothing was sealed yet, so a missing file is made, with mode 0600, durably.
    /// Throws Error{InvalidInput}: it is missing, holds no key, or others than its owner may read it.
    KeyVault(const std::string& file, bool may_make);

    /// Whether a file that is there holds a master key. Makes nothing. Throws Error{InvalidInput} as above.
    static void check(const std::string& file);

    /// A new key: a passphrase with 256 bits of entropy, in printable characters.
    static Secret new_key();

    /// A key for something else than volumes, the same wherever the master key is.
    Secret derived(const std::string& purpose) const;
    /// What goes into the row of the key with this id.
    std::string sealed(const std::string& id, const Secret& key) const;
    /// Throws Error{Corrupt}: it is another key's, was changed, or was sealed with another master key.
    Secret opened(const std::string& id, const std::string& sealed) const;

    /// Tells nothing of the master key but which one it is.
    std::string fingerprint() const;

private:
    Secret master_;
};

}  // namespace virga::volume
