#include "compute/flows/block_device_rows.hpp"
#include "compute/flows/failure_class.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/host_calls.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/model/device_names.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

/// virt.block_device.Driver*BlockDevice.attach: waits until the volume is there, connects it to the host and saves the
/// connection. At boot it also completes the attachment (the guest gets the disk by its definition); with argument
/// "hot" that is left to the task that plugs the disk into the running guest.
class AttachBlockDevice : public TypedComputeTask<BootData> {
public:
    using TypedTask::TypedTask;
    taskflow::Consequence consequence(ErrorCode code, bool in_time) const override {
        return never_elsewhere(taskflow::consequence_of(code, in_time));
    }

    taskflow::Outcome execute(const Context& context) override {
        auto [device, volume, running] = look(context);
        if (!running.empty()) return park(volume.id, std::move(running));
        check_usable(volume);
        reserve(context, device);
        return connect(context, device);
    }

    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        taskflow::RevertOutcome outcome;
        const auto device = find_block_device(d_.db, context);
        if (!device || device->attachment_id.empty()) {
            outcome.decision = "there is no attachment";
            return outcome;
        }
        const bool asked = end_connection(d_, VolumeId(device->volume_id), context.data.host,
                                          revert_options(context, "terminate", kShortDeadline));
        // A volume that the user named stays reserved for the next host: nobody may take it meanwhile.
        const bool keep =
            device->is<ExistingVolume>() && !is_hot(context) && will_reschedule(context, failure, d_.config);
        outcome.decision = std::string(asked ? "connection ended" : "host is down, its connection went with it") +
                           (keep ? ", volume stays reserved for the next host" : ", attachment deleted");
        outcome.apply = [this, id = device->id, keep](db::Transaction& tx) { release(tx, id, keep); };
        return outcome;
    }

private:
    static bool is_hot(const Context& context) { return get_bool(context.arg, "hot"); }

    struct Seen {
        BlockDevice device;
        volume::Volume volume;
        std::vector<FlowId> running;  ///< flows that must end before the volume can be connected
    };

    /// In one snapshot, so that "still being created" and "its flow runs" can't contradict each other.
    Seen look(const Context& context) {
        return d_.db.read_with([&](db::Transaction& tx) {
            Seen seen{get_block_device(tx, context), {}, {}};
            auto volume = d_.volumes.find(tx, VolumeId(seen.device.volume_id));
            if (!volume) {
                throw Error(ErrorCode::InvalidInput, "Block Device Mapping is Invalid: volume " +
                                                         seen.device.volume_id +
                                                         " disappeared before it was attached.");
            }
            seen.volume = std::move(*volume);
            for (const auto& flow : d_.runner.unfinished(tx, seen.device.volume_id)) {
                const auto record = d_.runner.find(tx, flow);
                if (record && record->kind != "delete_volume") seen.running.push_back(flow);
            }
            return seen;
        });
    }

    static taskflow::Outcome park(const VolumeId& id, std::vector<FlowId> flows) {
        taskflow::Outcome outcome;
        outcome.decision = "volume " + id.value + " is still being made ready: waiting for the end of its flow";
        outcome.wait_for = std::move(flows);
        return outcome;
    }

    static void check_usable(const volume::Volume& volume) {
        const bool unfinished =
            volume.status == volume::VolumeStatus::Creating || volume.status == volume::VolumeStatus::Downloading;
        if (!unfinished && !volume::is_error(volume.status) && volume.status != volume::VolumeStatus::Deleting) return;
        const auto reason = volume.error.empty() ? "its status is " + text_of(volume.status) : volume.error;
        throw Error(ErrorCode::InvalidInput, "Volume " + volume.id.value + " did not finish being created: " + reason);
    }

    /// For volumes that this boot created; those that existed were reserved by the API.
    void reserve(const Context& context, BlockDevice& device) {
        const auto attachment = attachment_id_of(device.id);
        const bool known = !device.attachment_id.empty() && d_.db.read_with([&](db::Transaction& tx) {
            return d_.volumes.find_attachment(tx, AttachmentId(device.attachment_id)).has_value();
        });
        if (known) return;
        context.write(
            [&](db::Transaction& tx) {
                live_server(tx, device.server);
                device.attachment_id = attachment.value;
                d_.volumes.reserve(tx, attachment, VolumeId(device.volume_id), device.server);
                repo::link_block_device(tx, device);
            },
            db::Durability::Grouped);
    }

    taskflow::Outcome connect(const Context& context, BlockDevice& device) {
        const auto host = context.data.host;
        device.connection_info = d_.volumes.initialize_connection(VolumeId(device.volume_id), host,
                                                                  call_options(context, "connect", kShortDeadline));
        taskflow::Outcome outcome;
        outcome.decision = "volume " + device.volume_id + " is connected to host " + host + " (" +
                           get_string(device.connection_info, "driver_volume_type") + ") as " +
                           strip_dev(device.device_name) + ", attachment " + device.attachment_id;
        if (is_hot(context)) outcome.decision += "; completed once the guest has it";
        outcome.apply = [this, device, host, hot = is_hot(context)](db::Transaction& tx) {
            live_server(tx, device.server);
            save(tx, device, host, hot);
        };
        return outcome;
    }

    /// The connection is saved before the attachment is completed, so that what is in use can always be undone.
    void save(db::Transaction& tx, const BlockDevice& device, const std::string& host, bool hot) {
        const AttachmentId attachment(device.attachment_id);
        d_.volumes.connected(tx, attachment, host, device.device_name, device.connection_info);
        repo::link_block_device(tx, device);
        if (!hot) d_.volumes.complete(tx, attachment);
    }

    void release(db::Transaction& tx, const BdmId& id, bool keep) {
        auto device = repo::find_block_device(tx, id);
        if (!device || device->attachment_id.empty()) return;
        const AttachmentId attachment(device->attachment_id);
        d_.volumes.detached(tx, attachment);
        if (keep) d_.volumes.reserve(tx, attachment, VolumeId(device->volume_id), device->server);
        if (!keep) device->attachment_id.clear();
        device->connection_info = json::object();
        repo::link_block_device(tx, *device);
    }
};

}  // namespace

TaskPtr make_attach_block_device(Dependencies& d) {
    return std::make_shared<AttachBlockDevice>(d);
}

}  // namespace virga::compute::flows
