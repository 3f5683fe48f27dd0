#include "volume/host/drivers/local/local_driver.hpp"

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "volume/host/exports/exports.hpp"

namespace virga::volume::host::local {

using files::Sidecar;
namespace {

std::string file_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

}  // namespace

Capabilities LocalDriver::capabilities() const {
    auto result = FolderStore::capabilities();
    result.exports = exports_ != nullptr;
    return result;
}

bool LocalDriver::is_exported(const std::string& id) const {
    return exports_ != nullptr && exports_->has(backend_, id);
}

// A size is told to a client when it connects, so nothing is lost by making all of them connect anew.
VolumeFile LocalDriver::extend(const std::string& id, std::int64_t size_gib) {
    const bool grows = size_gib > catalog().get(id).size_gib;
    if (!grows || !is_exported(id)) return FolderStore::extend(id, size_gib);
    return interrupt(id, [&] { return FolderStore::extend(id, size_gib); });
}

// A reflink is a copy of one instant, whoever writes. Elsewhere the end of the process that writes to the layer is the
// instant; the next one writes to the overlay.
VolumeFile LocalDriver::create_snapshot_online(const std::string& id, const std::string& snapshot_id) {
    if (is_exported(id) && !capabilities().online_snapshot) refuse_own_use(id);
    auto file = FolderStore::create_snapshot_online(id, snapshot_id);
    failpoint("volume.local.create_snapshot_online.saved");
    follow(id);
    return file;
}

void LocalDriver::refuse_own_use(const std::string& id) const {
    if (!catalog().get(id).connections.contains(exports_->own_host())) return;
    throw Error(ErrorCode::Conflict,
                "Volume " + id + " is used on its own host and on another one: detach it from one of them first.", {},
                id);
}

void LocalDriver::follow(const std::string& id) {
    if (!is_exported(id)) return;
    const auto sidecar = catalog().get(id);
    export_to(sidecar, remote_hosts(sidecar));
}

LayerMerge LocalDriver::next_merge(const std::string& id) {
    return is_exported(id) ? LayerMerge{} : FolderStore::next_merge(id);
}

// Layers beneath a snapshot's stay until the volume isn't exported: the process may write to the active file only.
Flattened LocalDriver::flatten(const std::string& id, const Call& call) {
    auto result = FolderStore::flatten(id, call);
    if (!is_exported(id)) return result;
    try {
        for (auto merge = next_pull(id); !merge.empty(); merge = next_pull(id)) {
            const auto below = catalog().get(id).layer(file_name(merge.lower)).backing;
            exports_->pull(backend_, id, below, call);
            failpoint("volume.local.flatten.pulled");
            result.file = interrupt(id, [&] { return FolderStore::finish_merge(id, merge); });
            ++result.merged;
        }
    } catch (const Error& failure) {
        if (failure.code() != ErrorCode::Cancelled) throw;
    }
    return result;
}

VolumeFile LocalDriver::interrupt(const std::string& id, const std::function<VolumeFile()>& work) {
    VolumeFile file;
    exports_->interrupt(backend_, id, [&] {
        file = work();
        return files_of(catalog().get(id));
    });
    return file;
}

std::vector<ExportedFile> LocalDriver::files_of(const Sidecar& sidecar) const {
    std::vector<ExportedFile> files;
    for (const auto& layer : sidecar.chain(sidecar.active)) files.push_back({path(layer.file), layer.format});
    return files;
}

std::vector<std::string> LocalDriver::remove(const std::string& id) {
    const auto found = catalog().unreadable().contains(id) ? std::nullopt : catalog().find(id);
    if (exports_ != nullptr && (!found || found->snapshots.empty())) exports_->end(backend_, id);
    return FolderStore::remove(id);
}

std::set<std::string> LocalDriver::remote_hosts(const Sidecar& sidecar) const {
    auto hosts = sidecar.connections;
    hosts.erase(exports_->own_host());
    return hosts;
}

json::object LocalDriver::export_to(const Sidecar& sidecar, const std::set<std::string>& hosts) {
    return exports_->set(backend_, {sidecar.id, files_of(sidecar), hosts});
}

// On record first: what recover() finds there it exports again.
json::object LocalDriver::connect_remote(const std::string& id, const std::string& host) {
    auto sidecar = catalog().get(id);
    if (!sidecar.encryption.empty())
        throw Error(ErrorCode::NotSupported,
                    "Volume " + id + " is encrypted, and can only be used on the host where it is: " +
                        "its key would have to be kept there for as long as it is used elsewhere.",
                    "host " + exports_->own_host(), id);
    if (sidecar.active_layer().format != "raw" && sidecar.connections.contains(exports_->own_host()))
        throw Error(ErrorCode::Conflict,
                    "Volume " + id + " is used on the host where it is; only a raw one can be used elsewhere besides.",
                    {}, id);
    sidecar.check_files(catalog().folder(), sidecar.active);
    const bool is_new = sidecar.connections.insert(host).second;
    if (is_new) catalog().save(sidecar);
    failpoint("volume.local.initialize_connection.saved");
    try {
        auto data = export_to(sidecar, remote_hosts(sidecar));
        data["format"] = "raw";  // what is in the files is the exporting side's affair
        data["size_gib"] = sidecar.size_gib;
        return {{"driver_volume_type", "nbd"}, {"data", std::move(data)}};
    } catch (const Error&) {
        sidecar.connections.erase(host);
        if (is_new) catalog().save(sidecar);
        throw;
    }
}

json::object LocalDriver::initialize_connection(const std::string& id, const std::string& connector_host) {
    if (exports_ != nullptr && connector_host != exports_->own_host()) return connect_remote(id, connector_host);
    if (is_exported(id) && catalog().get(id).active_layer().format != "raw")
        throw Error(ErrorCode::Conflict,
                    "Volume " + id + " is used on another host; only a raw one can be used where it is besides.", {},
                    id);
    return FolderStore::initialize_connection(id, connector_host);
}

// The export first: a connection that is still on record is ended by the repeat.
void LocalDriver::terminate_connection(const std::string& id, const std::string& connector_host) {
    const auto sidecar = exports_ != nullptr ? catalog().find(id) : std::nullopt;
    if (sidecar && connector_host != exports_->own_host() && sidecar->connections.contains(connector_host)) {
        auto hosts = remote_hosts(*sidecar);
        hosts.erase(connector_host);
        if (hosts.empty()) {
            exports_->end(backend_, id);
        } else {
            export_to(*sidecar, hosts);
        }
        failpoint("volume.local.terminate_connection.ended");
    }
    FolderStore::terminate_connection(id, connector_host);
}

Inventory LocalDriver::inventory() {
    auto result = FolderStore::inventory();
    if (exports_ == nullptr) return result;
    result.exports = exports_->running(backend_);
    for (const auto& process : exports_->strays(catalog().folder()))
        result.strays.push_back(std::to_string(process.pid));
    return result;
}

void LocalDriver::recover() {
    FolderStore::recover();
    if (exports_ == nullptr) return;
    std::set<std::string> wanted;
    for (const auto& sidecar : catalog().all()) {
        const auto hosts = remote_hosts(sidecar);
        if (hosts.empty() || sidecar.deleting || !sidecar.encryption.empty()) continue;
        wanted.insert(sidecar.id);
        try {
            sidecar.check_files(catalog().folder(), sidecar.active);
            export_to(sidecar, hosts);
        } catch (const Error& failure) {
            log::error("a volume can't be exported",
                       {{"volume", sidecar.id}, {"error", failure.message()}, {"detail", failure.detail()}});
        }
    }
    for (const auto& id : exports_->of_backend(backend_))
        if (!wanted.contains(id)) exports_->end(backend_, id);
}

}  // namespace virga::volume::host::local
