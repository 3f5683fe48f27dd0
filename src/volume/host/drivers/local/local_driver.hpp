#pragma once
#include <set>
#include <string>

#include "volume/host/drivers/files/folder_store.hpp"

namespace virga::volume::host {
class Exports;
struct ExportedFile;
}  // namespace virga::volume::host

namespace virga::volume::host::local {

/// Volumes on a file system of the host itself: one folder, nothing to mount. Fastest where the file system can
/// reflink.
///
/// With `exports` another host's connection is an export by NBD (docs/design/remote-volumes.md), one process for all
/// connections of the volume. What changes the files of an exported volume has that process open them anew; guests wait
/// meanwhile.
class LocalDriver : public files::FolderStore {
public:
    /// `backend`: its name among the exports; `exports` must outlive the driver, null: there are none.
    explicit LocalDriver(const files::Options& options, std::string backend = {}, Exports* exports = nullptr)
        : FolderStore(options), backend_(std::move(backend)), exports_(exports) {}

    std::string name() const override { return "local"; }
    Capabilities capabilities() const override;
    VolumeFile extend(const std::string& id, std::int64_t size_gib) override;
    VolumeFile create_snapshot_online(const std::string& id, const std::string& snapshot_id) override;
    LayerMerge next_merge(const std::string& id) override;
    Flattened flatten(const std::string& id, const Call& call) override;
    std::vector<std::string> remove(const std::string& id) override;
    json::object initialize_connection(const std::string& id, const std::string& connector_host) override;
    void terminate_connection(const std::string& id, const std::string& connector_host) override;
    Inventory inventory() override;
    void recover() override;

private:
    bool is_exported(const std::string& id) const;
    void refuse_own_use(const std::string& id) const;
    /// Has what exports the volume work with its present files.
    void follow(const std::string& id);
    /// Changes its files while nothing has them open.
    VolumeFile interrupt(const std::string& id, const std::function<VolumeFile()>& work);
    std::vector<ExportedFile> files_of(const files::Sidecar& sidecar) const;
    std::set<std::string> remote_hosts(const files::Sidecar& sidecar) const;
    json::object export_to(const files::Sidecar& sidecar, const std::set<std::string>& hosts);
    json::object connect_remote(const std::string& id, const std::string& host);

    std::string backend_;
    Exports* exports_;
};

}  // namespace virga::volume::host::local
