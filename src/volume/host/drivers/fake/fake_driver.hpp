#pragma once
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "volume/host/drivers/driver.hpp"
#include "volume/host/drivers/fake/script.hpp"

namespace virga::volume::host::fake {

/// Volumes that are only a record: for scale and failure tests. Keeps the records in volumes.json of its folder, so
/// that they outlive the process. Inspects images as every driver does, but copies nothing.
class FakeDriver : public Driver {
public:
    explicit FakeDriver(std::string folder);

    Script& script() { return script_; }

    std::string name() const override { return "fake"; }
    Capabilities capabilities() const override;
    VolumeFile create(const std::string& id, std::int64_t size_gib) override;
    Created create_from_image(const std::string& id, std::int64_t size_gib, const ImageSource& image,
                              const Call& call) override;
    Created create_from_snapshot(const std::string& id, std::int64_t size_gib, const std::string& source_id,
                                 const std::string& snapshot_id, const Call& call) override;
    Created clone(const std::string& id, std::int64_t size_gib, const std::string& source_id,
                  const Call& call) override;
    Created create_from_disk(const std::string& id, std::int64_t size_gib, const VolumeFile& disk,
                             const Call& call) override;
    std::vector<std::string> remove(const std::string& id) override;
    Flattened flatten(const std::string& id, const Call& call) override;
    VolumeFile extend(const std::string& id, std::int64_t size_gib) override;
    VolumeFile create_snapshot(const std::string& id, const std::string& snapshot_id) override;
    VolumeFile revert(const std::string& id, const std::string& snapshot_id, const Call& call) override;
    Created reimage(const std::string& id, const ImageSource& image, const Call& call) override;
    void read(const std::string& id, const std::function<void(const VolumeFile&)>& use) override;
    VolumeFile create_snapshot_online(const std::string& id, const std::string& snapshot_id) override {
        return create_snapshot(id, snapshot_id);
    }
    LayerMerge next_merge(const std::string&) override { return {}; }
    VolumeFile finish_merge(const std::string& id, const LayerMerge& merge) override;
    VolumeFile delete_snapshot(const std::string& id, const std::string& snapshot_id) override;
    json::object initialize_connection(const std::string& id, const std::string& connector_host) override;
    void terminate_connection(const std::string& id, const std::string& connector_host) override;
    Inventory inventory() override;
    void recover() override {}

private:
    struct Volume {
        std::int64_t size_gib = 0;
        std::string encryption;
        std::map<std::string, std::int64_t> snapshots;  ///< id to size
        std::set<std::string> connections;
    };

    /// Adds an image that was checked to the seen ones; the caller holds no mutex.
    Created look_at(const ImageSource& image, std::int64_t size_gib, const Call& call);
    VolumeFile view(const std::string& id, const Volume& volume) const;
    /// Error{Conflict} when a host has the volume.
    VolumeFile connectable(const std::string& id);
    Volume& get(const std::string& id);
    void load();
    void save() const;
    /// Adds the volume unless it is there; the caller holds the mutex.
    VolumeFile add(const std::string& id, std::int64_t size_gib);

    std::string folder_;
    Script script_;
    std::mutex mutex_;
    std::map<std::string, Volume> volumes_;
    std::set<std::string> images_;  ///< seen ones: for base_hit
};

}  // namespace virga::volume::host::fake
