#pragma once
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "volume/host/backup/manifest.hpp"
#include "volume/host/backup/volume_disk.hpp"
#include "volume/host/drivers/driver.hpp"
#include "volume/host/lock_table.hpp"

namespace virga::volume::host::backup {

/// What was backed up.
struct Result {
    Header header;
    Totals totals;
    std::int64_t read_bytes = 0;  ///< of the volume; 0 when the backup was there already
};

struct NewBackup {
    std::string id;         ///< a UUID
    std::string parent;     ///< of an incremental; empty: full
    std::string volume_id;  ///< what is backed up
    json::object volume;    ///< kept in the header
    Secret key = {};        ///< of an encrypted volume: the backup is encrypted, too
};

/// Backups of a directory, each a folder of two files:
///
///   <id>/data       compressed chunks, one behind the other
///   <id>/manifest   where each chunk is, in this or a parent's data file, and its digest (see manifest.hpp)
///   <id>.part/      one that is being made or deleted
///
/// A backup exists from the renaming of its complete, synced folder on. So a kill leaves at most a .part, which the
/// repeat or a removal takes away.
class Store {
public:
    explicit Store(std::string folder) : folder_(std::move(folder)) {}

    /// Backs the disk up. Areas without data are neither read nor stored; of an incremental, only the chunks are stored
    /// that differ from the parent. One that exists is left as it is. Memory is constant. Throws NotFound (no such
    /// parent), InvalidInput (the parent is encrypted and the backup isn't to be, or the other way round), Corrupt (the
    /// parent's manifest is damaged), NoSpace, Cancelled; then nothing is left.
    Result create(const NewBackup& backup, VolumeDisk& disk, const Call& call);

    /// Writes the backup over the disk, which must be at least as large: all of it that the backup has no data for
    /// becomes zeros. Every chunk is verified. `key`: of an encrypted backup. Throws NotFound, InvalidInput (too small,
    /// or no key), NoSpace, Cancelled, Corrupt that names the chunk or the missing parent; then the disk is
    /// half-written. Returns the bytes written.
    std::int64_t restore(const std::string& id, VolumeDisk& disk, const Call& call, const Secret& key = {});

    /// Header and totals of a backup whose manifest and data files are all there. Throws NotFound, Corrupt.
    Result describe(const std::string& id) const;
    /// Nothing there is success; so is that another thread removes it at the same time, since two records may be of the
    /// same data. Whether others depend on it is the caller's to know.
    void remove(const std::string& id);

    struct Inventory {
        std::vector<std::string> backups;  ///< ids
        std::vector<std::string> partial;  ///< ids
    };
    Inventory inventory() const;

private:
    std::string path(const std::string& id) const { return folder_ + "/" + id; }
    std::string part(const std::string& id) const { return path(id) + ".part"; }
    std::string manifest(const std::string& id) const { return path(id) + "/manifest"; }

    std::string folder_;
    LockTable removing_;  ///< ids
};

}  // namespace virga::volume::host::backup
