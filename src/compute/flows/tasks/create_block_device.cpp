#include "compute/flows/block_device_rows.hpp"
#include "compute/flows/failure_class.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/model/block_device_plan.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

/// virt.block_device.Driver*BlockDevice.create: begins the creation of a volume and doesn't wait for it, so that all
/// volumes of a server are made at the same time.
class CreateBlockDevice : public TypedComputeTask<BootData> {
public:
    using TypedTask::TypedTask;
    taskflow::Consequence consequence(ErrorCode code, bool in_time) const override {
        return never_elsewhere(taskflow::consequence_of(code, in_time));
    }

    taskflow::Outcome execute(const Context& context) override {
        auto device = d_.db.read_with([&](db::Transaction& tx) { return get_block_device(tx, context); });
        taskflow::Outcome outcome;
        if (find_volume(device)) {
            outcome.decision = "volume " + device.volume_id + " of an earlier attempt is used";
            return outcome;
        }
        const auto wanted = new_volume(context, device);
        outcome.decision = describe(device, wanted);
        device.volume_id = wanted.id.value;
        // The link from the block device to the volume is written with the volume: no crash can part them.
        outcome.apply = [this, auth = context.data.auth, wanted, device, flow = context.flow](db::Transaction& tx) {
            live_server(tx, device.server);
            d_.volumes.create(tx, auth, wanted, flow);
            repo::link_block_device(tx, device);
        };
        return outcome;
    }

    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        taskflow::RevertOutcome outcome;
        auto device = find_block_device(d_.db, context);
        const auto volume = device ? find_volume(*device) : std::nullopt;
        if (!volume) {
            outcome.decision = "there is no volume";
            if (device && !device->volume_id.empty()) outcome.apply = unlink(device->id);
            return outcome;
        }
        if (!should_remove(context, failure, *device, *volume)) {
            outcome.decision = "volume " + volume->id.value + " stays";
            return outcome;
        }
        return remove(context, *device, *volume);
    }

private:
    static volume::NewVolume new_volume(const Context& context, const BlockDevice& device) {
        auto wanted = new_volume_of(device);
        wanted.id = VolumeId(derived_uuid(device.id.value, "volume/" + std::to_string(context.data.round)));
        if (!device.is<VolumeFromSnapshot>()) {  // a snapshot ties its volume to a place already
            wanted.host = context.data.volume_host;
            wanted.availability_zone = context.data.volume_zone;
        }
        return wanted;
    }

    static std::string describe(const BlockDevice& device, const volume::NewVolume& wanted) {
        std::string source = "an empty volume";
        if (!wanted.image_id.empty()) source = "a volume from image " + wanted.image_id;
        if (!wanted.snapshot_id.empty()) source = "a volume from snapshot " + wanted.snapshot_id;
        return source_and_destination(device) + ": " + source + " is being created as " + wanted.id.value +
               (wanted.host.empty() ? std::string() : " near the server, on host " + wanted.host);
    }

    std::optional<volume::Volume> find_volume(const BlockDevice& device) {
        if (device.volume_id.empty()) return std::nullopt;
        return d_.db.read_with([&](db::Transaction& tx) { return d_.volumes.find(tx, VolumeId(device.volume_id)); });
    }

    /// A rescheduled boot takes its volumes along, unless they can't leave their host.
    bool should_remove(const Context& context, const taskflow::Failure& failure, const BlockDevice& device,
                       const volume::Volume& volume) {
        if (volume.status == volume::VolumeStatus::ErrorDeleting) return false;
        if (will_reschedule(context, failure, d_.config)) return volume.host_local;
        return context.cancelled || device.delete_on_termination;
    }

    taskflow::RevertOutcome remove(const Context& context, const BlockDevice& device, const volume::Volume& volume) {
        taskflow::RevertOutcome outcome;
        outcome.wait_for = context.write([&](db::Transaction& tx) {
            // Another host makes it anew, if any does: its place in the quota is kept for that.
            d_.volumes.renew_claim(tx, device.id.value);
            d_.volumes.remove(tx, volume.id, context.request_id, context.flow);
            return d_.runner.unfinished(tx, volume.id.value);
        });
        outcome.decision = "volume " + volume.id.value + " is removed";
        // While it waits, the block device keeps its link to the volume; the next execution finds no volume.
        if (outcome.wait_for.empty()) outcome.apply = unlink(device.id);
        return outcome;
    }

    static std::function<void(db::Transaction&)> unlink(const BdmId& id) {
        return [id](db::Transaction& tx) {
            auto row = repo::find_block_device(tx, id);
            if (!row) return;
            row->volume_id.clear();
            repo::link_block_device(tx, *row);
        };
    }
};

}  // namespace

TaskPtr make_create_block_device(Dependencies& d) {
    return std::make_shared<CreateBlockDevice>(d);
}

}  // namespace virga::compute::flows
