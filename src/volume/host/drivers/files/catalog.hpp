#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "volume/host/drivers/files/sidecar.hpp"

namespace virga::volume::host::files {

/// The sidecars of one folder, read once and written through. Thread-safe. Only one process may use a folder.
class Catalog {
public:
    explicit Catalog(std::string folder);

    /// False when a sidecar could not be read: then nothing may be taken for garbage.
    bool is_complete() const { return unreadable().empty(); }
    std::set<std::string> unreadable() const;  ///< ids of the volumes whose sidecars could not be read
    /// Throws Error{Corrupt} when the volume's sidecar could not be read.
    std::optional<Sidecar> find(const std::string& id) const;
    Sidecar get(const std::string& id) const;  ///< Throws Error{NotFound}; a volume being removed counts as gone.
    std::vector<Sidecar> all() const;
    std::int64_t size_gib() const;  ///< sum over all volumes
    /// Durable when it returns (written new, synced, renamed, folder synced).
    void save(const Sidecar& sidecar);
    void erase(const std::string& id);

    /// Whether a volume that isn't being removed needs the file. `but` is left out.
    bool is_needed(const std::string& file, const std::string& but = {}) const;
    /// Every file that is_needed().
    std::set<std::string> needed() const;
    std::string path(const std::string& file) const { return folder_ + "/" + file; }
    const std::string& folder() const { return folder_; }

private:
    void load();

    std::string folder_;
    mutable std::mutex mutex_;
    std::map<std::string, Sidecar> volumes_;
    std::set<std::string> unreadable_;
};

}  // namespace virga::volume::host::files
