#include "base/log.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/host_calls.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

/// compute.manager.detach_volumes of a delete. A connection or an attachment that can't be ended is tried again until
/// it can: a volume must not stay in use by a server that is gone.
class DetachVolumes : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;
    int retry_seconds() const override { return kForeverSeconds; }

    taskflow::Outcome execute(const Context& context) override {
        const auto attachments = d_.db.read_with(
            [&](db::Transaction& tx) { return d_.volumes.attachments_of_server(tx, context.data.server); });
        taskflow::Outcome outcome;
        outcome.decision = attachments.empty() ? "no volume is attached" : "attachments ended:";
        for (const auto& attachment : attachments) {
            outcome.decision += " " + attachment.volume.value + disconnect(context, attachment);
        }
        outcome.apply = [this, attachments](db::Transaction& tx) {
            for (const auto& attachment : attachments) d_.volumes.detached(tx, attachment.id);
        };
        return outcome;
    }

private:
    std::string disconnect(const Context& context, const volume::Attachment& attachment) {
        if (attachment.host.empty()) return " (reserved only)";
        const auto options = call_options(context, "terminate/" + attachment.id.value, kShortDeadline);
        if (end_connection(d_, attachment.volume, attachment.host, options)) return {};
        return " (its host is down, the connection went with it)";
    }
};

/// compute.manager.delete_volumes: volumes with delete_on_termination, as far as they are the server's project's: one
/// that the server had once may be somebody else's now. One that can't be deleted stays in its error
/// state, which says why; the server is deleted all the same.
class DeleteVolumes : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;
    int retry_seconds() const override { return kForeverSeconds; }

    taskflow::Outcome execute(const Context& context) override {
        taskflow::Outcome outcome;
        const auto doomed = doomed_of(context.data.server);
        for (const auto& id : doomed.volumes) remove(context, doomed.project, id, outcome);
        if (outcome.decision.empty()) outcome.decision = "no volume has delete_on_termination";
        return outcome;
    }

private:
    struct Doomed {
        ProjectId project;
        std::vector<VolumeId> volumes;
    };

    Doomed doomed_of(const ServerId& server) {
        auto tx = d_.db.read();
        Doomed doomed{repo::get_server(tx, server).project, {}};
        for (const auto& device : repo::block_devices(tx, server)) {
            if (device.is_volume() && device.delete_on_termination && !device.volume_id.empty()) {
                doomed.volumes.emplace_back(device.volume_id);
            }
        }
        return doomed;
    }

    /// Executed again when the flows that it waits for have ended: then the volume is gone, or in an error state.
    void remove(const Context& context, const ProjectId& project, const VolumeId& id, taskflow::Outcome& outcome) {
        const auto before = d_.db.read_with([&](db::Transaction& tx) { return d_.volumes.find(tx, id); });
        outcome.decision += (outcome.decision.empty() ? "volume " : ", volume ") + id.value;
        if (!before) {
            outcome.decision += " is deleted";
        } else if (before->project != project) {
            outcome.decision += " stays: it is another project's now";
        } else if (before->status == volume::VolumeStatus::ErrorDeleting) {
            outcome.decision += " could not be deleted: " + before->error;
        } else {
            begin_removal(context, project, id, outcome);
        }
    }

    void begin_removal(const Context& context, const ProjectId& project, const VolumeId& id,
                       taskflow::Outcome& outcome) {
        try {
            const auto flows = context.write([&](db::Transaction& tx) {
                const auto now = d_.volumes.find(tx, id);
                if (now && now->project == project) {
                    d_.volumes.remove(tx, id, context.request_id, context.flow);
                }
                return d_.runner.unfinished(tx, id.value);
            });
            outcome.wait_for.insert(outcome.wait_for.end(), flows.begin(), flows.end());
            outcome.decision += " is being deleted";
        } catch (const Error& error) {
            if (is_retryable(error.code())) throw;
            // Its status forbids it (it has snapshots, say): it stays, as in Nova.
            log::warning("volume with delete_on_termination stays", {{"volume", id.value}, {"error", error.message()}});
            outcome.decision += " stays: " + error.message();
        }
    }
};

}  // namespace

TaskPtr make_detach_volumes(Dependencies& d) {
    return std::make_shared<DetachVolumes>(d);
}

TaskPtr make_delete_volumes(Dependencies& d) {
    return std::make_shared<DeleteVolumes>(d);
}

}  // namespace virga::compute::flows
