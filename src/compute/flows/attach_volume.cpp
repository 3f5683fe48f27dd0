#include "compute/flows/block_device_rows.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/flow_kinds.hpp"
#include "compute/flows/flows.hpp"
#include "compute/flows/guest_spec.hpp"
#include "compute/flows/record_action.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/model/device_names.hpp"
#include "compute/model/server_changes.hpp"
#include "compute/repo/host_repo.hpp"
#include "compute/repo/server_repo.hpp"
#include "compute/virt/qemu/buses.hpp"

namespace virga::compute::flows {
namespace {

/// Empty: it can be.
std::string why_unreachable(db::Transaction& tx, Dependencies& d, const volume::Volume& volume, const Server& server) {
    if (volume.host == server.host) return {};
    switch (d.volumes.reach(tx, volume.id)) {
        case volume::Reach::Anywhere:
            return {};
        case volume::Reach::ByNetwork:
            if (const auto host = repo::find_host(tx, server.host); host && host->remote_disks) return {};
            return "which the instance's host can't reach without certificates (its setting host.tls_folder).";
        case volume::Reach::OwnHost:
            return "and can only be reached there: it is encrypted, or its host exports no volumes (its settings "
                   "host.address and host.tls_folder).";
    }
    return {};
}

void require_reachable(db::Transaction& tx, Dependencies& d, const volume::Volume& volume, const Server& server) {
    const auto why = why_unreachable(tx, d, volume, server);
    if (why.empty()) return;
    throw Error(ErrorCode::InvalidInput, "Invalid volume: volume " + volume.id.value +
                                             " is on another host than instance " + server.id.value + ", " + why);
}

/// Cinder would allow a second attachment to the same server: compute refuses it.
void require_not_attached(db::Transaction& tx, const ServerId& server, const VolumeId& volume) {
    if (!repo::find_by_volume(tx, server, volume.value)) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid volume: volume " + volume.value + " is already attached to instance " + server.value + ".");
}

BlockDevice new_device(const Server& server, const volume::Volume& volume, const std::vector<BlockDevice>& present) {
    BlockDevice device;
    device.id = BdmId(new_uuid());
    device.server = server.id;
    device.kind = ExistingVolume{Gib{volume.size_gib}};
    device.device_type = "disk";
    device.volume_id = volume.id.value;
    device.attachment_id = attachment_id_of(device.id).value;
    for (const auto& other : present) device.position = std::max(device.position, other.position + 1);
    return device;
}

taskflow::FlowSpec attach_flow(const Server& server, const BlockDevice& device, const identity::Auth& auth) {
    auto spec = flow_with(flow_kind::kAttachVolume, ServerData{server.id, auth, server.host, 1});
    const json::object arg{{"bdm", device.id.value}};
    const json::object hot{{"bdm", device.id.value}, {"hot", true}};
    spec.tasks = {{"compute.manager.attach_volume", arg},
                  {"virt.block_device.attach", hot, "virt.block_device.DriverVolumeBlockDevice.attach"},
                  {"virt.libvirt.attach_volume", arg}};
    return spec;
}

}  // namespace

BlockDevice attach_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const ServerId& id,
                          const VolumeId& volume_id, const std::string& device_name, const std::string& tag,
                          bool delete_on_termination) {
    const auto server = begin_action(tx, id, server_change::kAttachVolume);
    const auto volume = d.volumes.get(tx, auth, volume_id);
    require_not_attached(tx, id, volume_id);
    require_reachable(tx, d, volume, server);
    const auto present = repo::block_devices(tx, id);
    auto device = new_device(server, volume, present);
    device.disk_bus = virt::qemu::default_disk_bus(boot_properties(tx, d, server, present), device.device_type);
    device.device_name = attach_device_name(present, device_name, device.disk_bus);
    device.tag = tag;
    device.delete_on_termination = delete_on_termination;
    repo::insert_block_device(tx, device);
    d.volumes.reserve(tx, AttachmentId(device.attachment_id), volume_id, id);

    const auto spec = attach_flow(server, device, auth);
    record_action(tx, "attach_volume", spec);
    d.runner.start(tx, spec);
    return device;
}

}  // namespace virga::compute::flows
