#include "compute/flows/attached_volumes.hpp"

#include <algorithm>
#include <array>

#include "compute/flows/flow_kinds.hpp"
#include "compute/flows/record_action.hpp"
#include "compute/host_commands.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

/// The disk of a volume with another connection than the one that is recorded.
json::object disk_with(const VolumeId& volume, const json::object& connection_info) {
    GuestDisk disk;
    disk.kind = "volume";
    disk.volume_id = volume.value;
    disk.connection_info = connection_info;
    return {{"disk", disk.to_json()}};
}

constexpr std::int64_t kBytesPerGib = 1024LL * 1024 * 1024;

/// Flows that never start a guest or plug a disk.
constexpr std::array<std::string_view, 6> kHarmless{flow_kind::kDeleteServer,   flow_kind::kStopServer,
                                                    flow_kind::kDetachVolume,   flow_kind::kDetachInterface,
                                                    flow_kind::kRefreshNetwork, flow_kind::kSyncPowerState};

bool is_harmless(const std::string& kind) {
    return std::find(kHarmless.begin(), kHarmless.end(), kind) != kHarmless.end();
}

}  // namespace

bool AttachedVolumes::owns(db::Transaction& tx, const ServerId& server, const AttachmentId& attachment) {
    const auto devices = repo::block_devices(tx, server);
    return std::any_of(devices.begin(), devices.end(),
                       [&](const BlockDevice& device) { return device.attachment_id == attachment.value; });
}

std::vector<FlowId> AttachedVolumes::flows_of(db::Transaction& tx, const ServerId& server) {
    auto flows = d_.runner.unfinished(tx, server.value);
    std::erase_if(flows, [&](const FlowId& id) {
        const auto record = d_.runner.find(tx, id);
        return !record || is_harmless(record->kind);
    });
    return flows;
}

void AttachedVolumes::record_action(db::Transaction& tx, const ServerId& server, const std::string& action,
                                    const taskflow::FlowSpec& flow) {
    if (!repo::find_server(tx, server)) return;
    auto of_server = flow;
    of_server.resource = server.value;
    flows::record_action(tx, action, of_server);
}

void AttachedVolumes::moved(db::Transaction& tx, const ServerId& server, const VolumeId& volume,
                            const json::object& connection_info) {
    auto device = repo::find_by_volume(tx, server, volume.value);
    if (!device || device->connection_info.empty()) return;
    device->connection_info = connection_info;
    repo::link_block_device(tx, *device);
}

bool AttachedVolumes::ask(const ServerId& server, const VolumeId& volume, std::string_view method, json::object params,
                          const rpc::CallOptions& options) {
    const auto row = d_.db.read_with([&](db::Transaction& tx) { return repo::find_server(tx, server); });
    if (!row || row->host.empty()) return false;
    params["server_id"] = server.value;
    params["volume_id"] = volume.value;
    return get_bool(d_.hosts.call(row->host, method, std::move(params), options), "running");
}

bool AttachedVolumes::resize(const ServerId& server, const VolumeId& volume, std::int64_t size_gib,
                             const rpc::CallOptions& options) {
    return ask(server, volume, command::kResizeDisk, {{"size_bytes", size_gib * kBytesPerGib}}, options);
}

bool AttachedVolumes::switch_to(const ServerId& server, const VolumeId& volume, const std::string& path,
                                const std::string& format, const rpc::CallOptions& options) {
    json::object params;
    params["file"] = json::object{{"path", path}, {"format", format}};
    params["volume_id"] = volume.value;
    d_.volumes.add_keys(params);
    return ask(server, volume, command::kSnapshotDisk, std::move(params), options);
}

bool AttachedVolumes::merge(const ServerId& server, const VolumeId& volume, const volume::LayerMerge& merge,
                            const rpc::CallOptions& options) {
    if (merge.into_active)
        return ask(server, volume, command::kPullDisk, {{"lower", merge.lower}, {"below", merge.below}}, options);
    return ask(server, volume, command::kCommitDisk, {{"upper", merge.upper}, {"lower", merge.lower}}, options);
}

bool AttachedVolumes::mirror(const ServerId& server, const VolumeId& volume, const json::object& connection_info,
                             const rpc::CallOptions& options) {
    auto params = disk_with(volume, connection_info);
    d_.volumes.add_keys(params);
    return ask(server, volume, command::kMirrorDisk, std::move(params), options);
}

bool AttachedVolumes::pivot(const ServerId& server, const VolumeId& volume, const json::object& connection_info,
                            const rpc::CallOptions& options) {
    return ask(server, volume, command::kPivotDisk, disk_with(volume, connection_info), options);
}

bool AttachedVolumes::end_mirror(const ServerId& server, const VolumeId& volume, const rpc::CallOptions& options) {
    return ask(server, volume, command::kEndMirror, {}, options);
}

}  // namespace virga::compute::flows
