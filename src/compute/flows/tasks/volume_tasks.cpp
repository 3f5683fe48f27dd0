#include "compute/flows/block_device_rows.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/guest_spec.hpp"
#include "compute/flows/host_calls.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

/// compute.manager.attach_volume: its revert is the last thing of a failed attach. The block device goes and the volume
/// is available again.
class AttachVolume : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;

    taskflow::Outcome execute(const Context& context) override {
        const auto device = d_.db.read_with([&](db::Transaction& tx) { return get_block_device(tx, context); });
        taskflow::Outcome outcome;
        outcome.decision = "volume " + device.volume_id + " is reserved as " + device.device_name + ", attachment " +
                           device.attachment_id;
        return outcome;
    }

    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        taskflow::RevertOutcome outcome;
        outcome.decision = "attachment and block device are removed, the server is as before";
        outcome.apply = [this, id = bdm_id(context)](db::Transaction& tx) {
            d_.volumes.detached(tx, attachment_id_of(id));
            repo::delete_block_device(tx, id);
        };
        return outcome;
    }
};

/// virt.libvirt.attach_volume: the guest gets the disk, then the attachment is completed.
class GuestAttach : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;

    taskflow::Outcome execute(const Context& context) override {
        const auto device = d_.db.read_with([&](db::Transaction& tx) {
            live_server(tx, context.data.server);
            return get_block_device(tx, context);
        });
        json::object params{{"server_id", device.server.value}, {"disk", volume_disk(device).to_json()}};
        d_.volumes.add_keys(params);
        d_.hosts.call(context.data.host, command::kAttachDisk, std::move(params),
                      call_options(context, "attach_disk", kShortDeadline));
        taskflow::Outcome outcome;
        outcome.decision = "the guest has volume " + device.volume_id + " as " + device.device_name +
                           "; attachment completed, volume in-use";
        outcome.apply = [this, device](db::Transaction& tx) {
            live_server(tx, device.server);
            d_.volumes.complete(tx, AttachmentId(device.attachment_id));
        };
        return outcome;
    }

    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        taskflow::RevertOutcome outcome;
        const auto device = find_block_device(d_.db, context);
        if (!device) return outcome;
        const json::object params{{"server_id", device->server.value}, {"volume_id", device->volume_id}};
        const bool done = clean_up(d_, context.data.host, command::kDetachDisk, params,
                                   revert_options(context, "detach_disk", kShortDeadline));
        outcome.decision = done ? "the guest does not have the disk" : "host " + context.data.host + " is down";
        return outcome;
    }
};

/// compute.manager.detach_volume: returns when the guest has let go of the disk.
class GuestDetach : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;

    taskflow::Outcome execute(const Context& context) override {
        const auto device = d_.db.read_with([&](db::Transaction& tx) {
            live_server(tx, context.data.server);
            return get_block_device(tx, context);
        });
        const auto host = context.data.host;
        taskflow::Outcome outcome;
        if (host.empty()) {
            outcome.decision = "the server has no host: no guest holds the disk";
            return outcome;
        }
        const json::object params{{"server_id", device.server.value}, {"volume_id", device.volume_id}};
        d_.hosts.call(host, command::kDetachDisk, params, call_options(context, "detach_disk", kShortDeadline));
        outcome.decision = "the guest has let go of " + device.device_name;
        // Without a connection it is left out of the guest when the server is started meanwhile.
        outcome.apply = [device = device](db::Transaction& tx) mutable {
            device.connection_info = json::object();
            repo::link_block_device(tx, device);
        };
        return outcome;
    }

    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        taskflow::RevertOutcome outcome;
        outcome.decision = plug_again(context) + ": volume is in-use again";
        outcome.apply = [this, context_copy = context, failure](db::Transaction& tx) {
            const auto device = repo::find_block_device(tx, bdm_id(context_copy));
            if (device) d_.volumes.roll_detaching(tx, VolumeId(device->volume_id), context_copy, failure.message);
        };
        return outcome;
    }

private:
    /// A host that did not answer in time may have taken the disk out all the same.
    std::string plug_again(const Context& context) {
        const auto device = find_block_device(d_.db, context);
        if (!device || context.data.host.empty()) return "nobody has the disk";
        json::object params{{"server_id", device->server.value}, {"disk", volume_disk(*device).to_json()}};
        try {
            d_.volumes.add_keys(params);
            d_.hosts.call(context.data.host, command::kAttachDisk, std::move(params),
                          revert_options(context, "attach_disk", kShortDeadline));
            return "the guest keeps the disk";
        } catch (const Error& error) {
            if (is_retryable(error.code()) && d_.hosts.is_up(context.data.host)) throw;
            return "the guest was not asked (" + error.message() + ")";
        }
    }
};

/// virt.block_device.DriverVolumeBlockDevice.detach: past the point of no return, so it is tried until it succeeds.
class DetachBlockDevice : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;
    int retry_seconds() const override { return kForeverSeconds; }

    taskflow::Outcome execute(const Context& context) override {
        const auto device = find_block_device(d_.db, context);
        taskflow::Outcome outcome;
        outcome.decision = "block device is gone";
        if (!device) return outcome;
        const auto host = context.data.host;
        // Not ended by a cancel: whoever cancels wants the volume back, too.
        if (!host.empty()) {
            end_connection(d_, VolumeId(device->volume_id), host, revert_options(context, "terminate", kShortDeadline));
        }
        outcome.decision = "connection and attachment of volume " + device->volume_id + " are ended";
        outcome.apply = [this, device = *device](db::Transaction& tx) {
            if (!device.attachment_id.empty()) d_.volumes.detached(tx, AttachmentId(device.attachment_id));
            repo::delete_block_device(tx, device.id);
        };
        return outcome;
    }
};

}  // namespace

TaskPtr make_attach_volume(Dependencies& d) {
    return std::make_shared<AttachVolume>(d);
}

TaskPtr make_guest_attach(Dependencies& d) {
    return std::make_shared<GuestAttach>(d);
}

TaskPtr make_guest_detach(Dependencies& d) {
    return std::make_shared<GuestDetach>(d);
}

TaskPtr make_detach_block_device(Dependencies& d) {
    return std::make_shared<DetachBlockDevice>(d);
}

}  // namespace virga::compute::flows
