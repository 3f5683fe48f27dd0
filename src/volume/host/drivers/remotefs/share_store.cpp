#include "volume/host/drivers/remotefs/share_store.hpp"

namespace virga::volume::host::remotefs {

ShareStore::ShareStore(disk::Share share, std::string mount_point_base, const files::Options& options)
    : FolderStore(options), share_(std::move(share)), mount_point_base_(std::move(mount_point_base)) {}

Capabilities ShareStore::capabilities() const {
    auto result = FolderStore::capabilities();
    result.host_local = false;
    return result;
}

json::object ShareStore::initialize_connection(const std::string& id, const std::string& connector_host) {
    const auto sidecar = catalog().get(id);
    for (const auto& layer : sidecar.chain(sidecar.active))
        disk::check_in_share(catalog().folder(), catalog().path(layer.file));
    auto result = FolderStore::initialize_connection(id, connector_host);
    auto& data = result["data"].as_object();
    data["export"] = share_.source;
    data["options"] = share_.options;
    data["name"] = sidecar.active;
    result["mount_point_base"] = mount_point_base_;
    return result;
}

}  // namespace virga::volume::host::remotefs
