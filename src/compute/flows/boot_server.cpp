#include <set>

#include "compute/flows/block_device_rows.hpp"
#include "compute/flows/boot_plan.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/flow_kinds.hpp"
#include "compute/flows/flows.hpp"
#include "compute/flows/record_action.hpp"
#include "compute/model/block_device_plan.hpp"
#include "compute/model/claim.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

/// What was checked before this transaction may have changed since: who owns a volume, whether an image is active. From
/// here on an existing volume is reserved, new ones count, and nobody can delete what they or a local disk are made of.
void hold_sources(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const BlockDevice& device) {
    if (const ImageId id(fields_of(device.kind).image_id); !id.empty()) {
        const auto image = d.images.find(tx, auth, id);
        if (!image || image->status != image::ImageStatus::Active) {
            throw Error(
                ErrorCode::InvalidInput,
                "Block Device Mapping is Invalid: image " + id.value +
                    (image ? " is not active, its status is " + text_of(image->status) + "." : " could not be found."));
        }
        d.images.hold(tx, id, device.server.value);
    }
    if (!device.is_volume()) return;
    if (!device.is<ExistingVolume>()) return d.volumes.claim(tx, auth, new_volume_of(device));
    d.volumes.get(tx, auth, VolumeId(device.volume_id));
    d.volumes.reserve(tx, attachment_id_of(device.id), VolumeId(device.volume_id), device.server);
}

/// A volume that can't be had throws, and the transaction takes the others back.
void insert_block_devices(db::Transaction& tx, Dependencies& d, const identity::Auth& auth,
                          const BootRequest& request) {
    std::set<std::string> volumes;
    std::int64_t position = 0;
    for (auto device : request.block_devices) {
        device.server = request.server.id;
        device.position = position++;
        const bool existing = device.is<ExistingVolume>();
        if (existing && !volumes.insert(device.volume_id).second) {
            throw Error(ErrorCode::InvalidInput, "Block Device Mapping is Invalid: volume " + device.volume_id +
                                                     " is named twice; a server can have it once.");
        }
        if (existing) device.attachment_id = attachment_id_of(device.id).value;
        repo::insert_block_device(tx, device);
        hold_sources(tx, d, auth, device);
    }
}

/// Control and hosts of one machine share their settings. A host elsewhere may differ: the task's decision names the
/// backend that it used.
std::string image_backend(const config::Config& config) {
    constexpr std::string_view kImagesType = "compute.images_type";
    if (!config::declarations().contains(kImagesType)) return "Qcow2";
    return std::get<std::string>(config.value(kImagesType)) == "raw" ? "Raw" : "Qcow2";
}

}  // namespace

void boot(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const BootRequest& request) {
    auto server = request.server;
    server.vm_state = VmState::Building;
    server.task_state = TaskState::Scheduling;
    server.power_state = PowerState::NoState;
    server.host.clear();
    server.disk_gib = local_disk_gib(server.flavor, request.block_devices);
    repo::insert_server(tx, server);
    insert_block_devices(tx, d, auth, request);
    d.networks.claim(tx, auth, server.id, request.nics, request.security_group_ids);

    BootData data{{server.id, auth, {}, 1}};
    data.nics = request.nics;
    data.security_groups = request.security_group_ids;
    data.way = way_of(request.block_devices);
    data.decisions = request.decisions;
    data.wanted_zone = server.availability_zone;
    data.wanted_host = request.wanted_host;
    data.same_host = request.same_host;
    data.different_host = request.different_host;
    auto spec = flow_with(flow_kind::kBootServer, data);
    spec.tasks = boot_plan(request.block_devices, image_backend(d.config), request.config_drive_reason);
    record_action(tx, "create", spec);
    d.runner.start(tx, spec);
}

}  // namespace virga::compute::flows
