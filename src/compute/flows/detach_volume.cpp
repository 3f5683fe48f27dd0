#include "compute/flows/flow_data.hpp"
#include "compute/flows/flow_kinds.hpp"
#include "compute/flows/flows.hpp"
#include "compute/flows/record_action.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {

void detach_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const ServerId& id,
                   const VolumeId& volume) {
    repo::get_server(tx, id);
    const auto device = repo::find_by_volume(tx, id, volume.value);
    if (!device) {
        throw Error(ErrorCode::NotFound, "Instance " + id.value + " is not attached to volume " + volume.value + ".");
    }
    const auto server = begin_action(tx, id, server_change::kDetachVolume);
    // Nova: the root of a server stays with it as long as it lives.
    if (device->is_root()) throw Error(ErrorCode::InvalidInput, "Cannot detach a root device volume");
    d.volumes.begin_detaching(tx, volume);

    auto spec = flow_with(flow_kind::kDetachVolume, ServerData{id, auth, server.host, 1});
    const json::object arg{{"bdm", device->id.value}};
    spec.tasks = {{"compute.manager.detach_volume", arg},
                  {"virt.block_device.detach", arg, "virt.block_device.DriverVolumeBlockDevice.detach"}};
    record_action(tx, "detach_volume", spec);
    d.runner.start(tx, spec);
}

}  // namespace virga::compute::flows
