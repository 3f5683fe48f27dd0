#include "volume/flows/online.hpp"

#include <algorithm>

#include "volume/flows/attachments.hpp"
#include "volume/flows/connections.hpp"
#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/mark_failed.hpp"
#include "volume/flows/reach.hpp"
#include "volume/host_commands.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;
using taskflow::TaskContext;

constexpr const char* kTakeTurn = "volume.flows.online.TakeTurn";
constexpr const char* kFreeze = "volume.manager.create_snapshot_online";
constexpr const char* kSwitch = "compute.manager.volume_snapshot_create";
constexpr const char* kDeleteTemporary = "volume.manager.delete_temporary_snapshot";
constexpr const char* kMerge = "compute.manager.volume_snapshot_delete";

json::object snapshot_params(const VolumeRecord& volume, const std::string& snapshot) {
    return {{"backend", volume.backend}, {"volume_id", volume.id.value}, {"snapshot_id", snapshot}};
}

std::string counted(std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// Unfinished flows that change the files of a volume.
std::vector<FlowId> flows_on(db::Transaction& tx, Dependencies& d, const VolumeId& volume) {
    auto flows = d.runner.unfinished(tx, volume.value);
    for (const auto& snapshot : repo::snapshots_of(tx, volume)) {
        if (snapshot.status != SnapshotStatus::Creating && snapshot.status != SnapshotStatus::Deleting) continue;
        const auto more = d.runner.unfinished(tx, snapshot.id.value);
        flows.insert(flows.end(), more.begin(), more.end());
    }
    const auto clones = repo::flows_creating_from(tx, "source_volid", volume.value);
    flows.insert(flows.end(), clones.begin(), clones.end());
    return flows;
}

/// Waiting only for flows that began earlier, no two can wait for each other.
class TakeTurn : public TypedVolumeTask<OnlineData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        auto flows = context.db.read_with([&](db::Transaction& tx) { return earlier(tx, context); });
        end_housekeeping(context, flows);
        return wait_or_continue(std::move(flows), "no earlier flow works on the files of the volume");
    }

private:
    std::vector<FlowId> earlier(db::Transaction& tx, const Context& context) {
        auto flows = flows_on(tx, d_, context.data.volume);
        const auto began = [&](const FlowId& id) {
            const auto record = d_.runner.find(tx, id);
            return std::make_pair(record ? record->started_us : 0, id.value);
        };
        const auto own = began(context.flow);
        std::erase_if(flows, [&](const FlowId& id) { return began(id) >= own; });
        return flows;
    }

    /// What a user asked for doesn't wait for what nobody asked for.
    void end_housekeeping(const Context& context, const std::vector<FlowId>& flows) {
        if (flows.empty()) return;
        context.write([&](db::Transaction& tx) {
            for (const auto& id : flows) {
                const auto record = d_.runner.find(tx, id);
                if (record && record->kind == flow_kind::kFlattenVolume) d_.runner.cancel(tx, id);
            }
        });
    }
};

bool is_exported_or_idle(const AttachmentRecord& item) {
    return by_network(item) || !item.may_be_used();
}

/// Servers whose guests have the volume's files open.
std::vector<ServerId> file_users(db::Transaction& tx, const VolumeId& volume) {
    std::vector<ServerId> servers;
    for (const auto& item : repo::attachments_of(tx, volume))
        if (item.of_compute() && item.connected() && !by_network(item)) servers.push_back(item.server);
    return servers;
}

/// A connection as it is after a change of the volume's files.
struct Moved {
    AttachmentRecord attachment;
    json::object connection_info;
};

/// Keeps the content on the storage host, and records what the volume's active file is from now on.
class Freeze : public TypedVolumeTask<OnlineData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        auto params = snapshot_params(volume, context.data.snapshot);
        params["attached"] = true;
        const auto file = VolumeFile::from_json(
            call_host(d_, context, volume.host, command::kCreateSnapshot, std::move(params), kCopyDeadline));
        const auto moved = connections(context, volume, file);
        Outcome outcome;
        outcome.decision = file.path == volume.path ? "copied at one instant, the active file stays"
                                                    : "new overlay " + file.path + " is the active file from now on";
        outcome.provides = json::object{{"online_file", file.to_json()}};
        outcome.apply = [this, id = volume.id, file, moved](db::Transaction& tx) {
            repo::set_file(tx, id, file);
            for (const auto& one : moved) record(tx, one);
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        const auto volume = load_volume(d_, context.data.volume);
        const auto reply = call_host(d_, context, volume.host, command::kDeleteSnapshot,
                                     snapshot_params(volume, context.data.snapshot), kCopyDeadline, "revert");
        RevertOutcome outcome;
        outcome.decision = "snapshot forgotten; a guest that was not moved is so at its next start";
        outcome.apply = [context_copy = context, id = volume.id, file = VolumeFile::from_json(reply),
                         failure](db::Transaction& tx) {
            if (!file.path.empty()) repo::set_file(tx, id, file);
            fail_snapshot(tx, context_copy, SnapshotId(context_copy.data.snapshot), failure);
        };
        return outcome;
    }

private:
    /// Of those that name another file than the active one.
    std::vector<Moved> connections(const Context& context, const VolumeRecord& volume, const VolumeFile& file) {
        std::vector<Moved> moved;
        for (auto& item :
             context.db.read_with([&](db::Transaction& tx) { return repo::attachments_of(tx, volume.id); })) {
            if (!item.connected() || item.connection_info.empty() || by_network(item)) continue;
            if (get_string(get_object(item.connection_info, "data"), "path") == file.path) continue;
            auto info = connection_of(d_, volume, json::object{{"host", item.host}},
                                      online_options(context, "connection/" + item.id.value, kShortDeadline));
            if (item.of_compute()) check_for_guest(volume, item.host, info);
            moved.push_back({std::move(item), std::move(info)});
        }
        return moved;
    }

    void record(db::Transaction& tx, const Moved& moved) {
        const auto& item = moved.attachment;
        const auto now = repo::find_attachment(tx, item.id);
        // Detached meanwhile, and the connection perhaps made anew after that.
        if (!now || now->attach_status == AttachStatus::Detaching) return leave_to_end(tx, item.volume, item.host);
        repo::set_connection(tx, item.id, item.host, item.device, moved.connection_info);
        if (item.of_compute()) attached_volumes(d_).moved(tx, item.server, item.volume, moved.connection_info);
    }
};

/// Moves the running guests on to the new active file: from that instant on the snapshot stands still.
class Switch : public TypedVolumeTask<OnlineData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = context.data.volume;
        std::vector<FlowId> running;
        const auto servers = context.db.read_with([&](db::Transaction& tx) {
            auto found = file_users(tx, volume);
            running.clear();
            for (const auto& server : found) {
                const auto more = attached_volumes(d_).flows_of(tx, server);
                running.insert(running.end(), more.begin(), more.end());
            }
            return found;
        });
        if (!running.empty()) return wait_or_continue(std::move(running), "");
        Outcome outcome;
        outcome.decision = move(context, volume, servers);
        outcome.apply = [id = context.data.snapshot](db::Transaction& tx) {
            repo::try_change(tx, snapshot_change::kFinishCreate, SnapshotId(id));
        };
        return outcome;
    }

private:
    std::string move(const Context& context, const VolumeId& volume, const std::vector<ServerId>& servers) {
        const auto& file = context.data.file.value();
        if (file.format != "qcow2") return "guests go on in the same file";
        std::size_t moved = 0;
        for (const auto& server : servers) {
            const auto options = online_options(context, "switch/" + server.value, kShortDeadline);
            if (attached_volumes(d_).switch_to(server, volume, file.path, file.format, options)) ++moved;
        }
        return counted(moved, "running guest") + " of " + counted(servers.size(), "server") + " moved on to " +
               file.path;
    }
};

class DeleteTemporary : public TypedVolumeTask<OnlineData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        const auto reply = call_host(d_, context, volume.host, command::kDeleteSnapshot,
                                     snapshot_params(volume, context.data.snapshot), kCopyDeadline);
        Outcome outcome;
        outcome.decision = "temporary snapshot of volume " + volume.id.value + " deleted";
        outcome.apply = [id = volume.id, file = VolumeFile::from_json(reply)](db::Transaction& tx) {
            if (!file.path.empty()) repo::set_file(tx, id, file);
        };
        return outcome;
    }
};

/// Layers that no snapshot needs any more become one with their neighbours while the guest runs. That is housekeeping:
/// where it can't be done, the layers stay until the volume is detached, and the snapshot is deleted all the same.
class Merge : public TypedVolumeTask<MergeData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        Outcome outcome;
        if (context.db.read_with([&](db::Transaction& tx) { return is_exported(tx, context.data.volume); }))
            outcome.decision = merge_on_host(context);
        else
            outcome.decision = merge_with_guest(context);
        outcome.apply = [id = context.data.snapshot](db::Transaction& tx) {
            if (!id.empty()) repo::delete_snapshot(tx, id);
        };
        return outcome;
    }

private:
    /// Nobody but the process that exports the volume has its files open.
    std::string merge_on_host(const Context& context) {
        const auto volume = load_volume(d_, context.data.volume);
        try {
            const auto reply = call_host(d_, context, volume.host, command::kFlatten,
                                         {{"backend", volume.backend}, {"volume_id", volume.id.value}}, kCopyDeadline);
            return counted(static_cast<std::size_t>(get_int(reply, "merged")), "layer") +
                   " merged where it is exported";
        } catch (const Error& error) {
            if (is_retryable(error.code()) || error.code() == ErrorCode::Cancelled) throw;
            return "the layers stay until the volume is detached: " + error.message();
        }
    }

    std::string merge_with_guest(const Context& context) {
        for (std::size_t merged = 0;; ++merged) {
            const auto volume = load_volume(d_, context.data.volume);
            const auto merge = next(context, volume);
            const auto done = counted(merged, "layer") + " merged";
            if (merge.empty()) return done;
            const auto refusal = run(context, volume, merge);
            if (!refusal.empty()) return done + "; the others stay until the volume is detached: " + refusal;
        }
    }

    LayerMerge next(const Context& context, const VolumeRecord& volume) {
        rpc::CallOptions options;  // no command id: each answer must be of now
        options.request_id = context.request_id;
        options.cancelled = context.cancel_requested;
        return LayerMerge::from_json(d_.hosts.call(
            volume.host, command::kNextMerge, {{"backend", volume.backend}, {"volume_id", volume.id.value}}, options));
    }

    /// Empty, or why it wasn't done.
    std::string run(const Context& context, const VolumeRecord& volume, const LayerMerge& merge) {
        const auto servers = context.db.read_with([&](db::Transaction& tx) { return servers_of(tx, volume.id); });
        if (servers.size() != 1) return "the volume is attached to " + counted(servers.size(), "server");
        const auto name = merge.into_active ? merge.lower : merge.upper;
        try {
            const auto options = online_options(context, "merge/" + name, kCopyDeadline);
            if (!attached_volumes(d_).merge(servers[0], volume.id, merge, options)) return "its guest doesn't run";
            call_host(d_, context, volume.host, command::kFinishMerge,
                      {{"backend", volume.backend}, {"volume_id", volume.id.value}, {"merge", merge.to_json()}},
                      kShortDeadline, "finish/" + name);
            return {};
        } catch (const Error& error) {
            if (is_retryable(error.code()) || error.code() == ErrorCode::Cancelled) throw;
            return error.message();
        }
    }
};

/// Whether snapshots of a backend are copies of one instant that the storage host makes alone.
bool snapshots_alone(Dependencies& d, const VolumeRecord& volume) {
    const auto host = d.hosts.find(volume.host);
    if (!host) return false;
    for (const auto& item : get_array(host->report, "backends")) {
        const auto& backend = item.as_object();
        if (get_string(backend, "name") == volume.backend) return get_bool(backend, "online_snapshot");
    }
    return false;
}

}  // namespace

std::vector<ServerId> servers_of(db::Transaction& tx, const VolumeId& volume) {
    std::vector<ServerId> servers;
    for (const auto& item : repo::attachments_of(tx, volume)) {
        if (item.of_compute() && item.connected()) servers.push_back(item.server);
    }
    return servers;
}

AttachedVolumes& attached_volumes(Dependencies& d) {
    if (d.attached != nullptr) return *d.attached;
    throw Error(ErrorCode::NotSupported, "Volumes of running servers can't be changed here.");
}

rpc::CallOptions online_options(const TaskContext& context, const std::string& part,
                                std::chrono::milliseconds deadline) {
    rpc::CallOptions options{context.command_id(part), context.request_id, deadline, context.cancel_requested};
    options.account = context.project_id;
    return options;
}

void check_online(db::Transaction& tx, Dependencies& d, const VolumeRecord& volume) {
    if (snapshots_alone(d, volume)) return;
    const auto attachments = repo::attachments_of(tx, volume.id);
    // All that use it do so through one process of its host.
    if (!attachments.empty() && std::all_of(attachments.begin(), attachments.end(), is_exported_or_idle)) return;
    const bool foreign = std::any_of(attachments.begin(), attachments.end(), [](const AttachmentRecord& item) {
        return item.may_be_used() && !item.of_compute();
    });
    if (!foreign && !volume.multiattach) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid volume: volume " + volume.id.value + " is in use " +
                    (foreign ? "by something that compute doesn't know" : "and may be written to by several servers") +
                    ": on this backend that needs it to be detached.",
                {}, volume.id.value);
}

bool must_freeze(db::Transaction& tx, Dependencies& d, const VolumeRecord& volume) {
    if (volume.status != VolumeStatus::InUse) return false;
    if (!snapshots_alone(d, volume) && servers_of(tx, volume.id).empty()) return false;
    check_online(tx, d, volume);
    return true;
}

std::vector<taskflow::TaskSpec> freeze_tasks() {
    return {{kTakeTurn}, {kFreeze}, {kSwitch}};
}

json::object freeze_data(const VolumeId& volume, const std::string& snapshot) {
    return taskflow::encode(OnlineData{volume, snapshot, std::nullopt});
}

taskflow::TaskSpec delete_temporary_task() {
    return {kDeleteTemporary};
}

taskflow::TaskSpec take_turn_task() {
    return {kTakeTurn};
}

taskflow::TaskSpec merge_task() {
    return {kMerge};
}

void fail_snapshot(db::Transaction& tx, const TaskContext& context, const SnapshotId& id,
                   const taskflow::Failure& failure) {
    mark_failed(tx, context, failure, {mark(snapshot_change::kFailCreate, id), "create"});
}

void register_online(taskflow::Registry& registry, Dependencies& d) {
    registry.add(kTakeTurn, std::make_shared<TakeTurn>(d));
    registry.add(kFreeze, std::make_shared<Freeze>(d));
    registry.add(kSwitch, std::make_shared<Switch>(d));
    registry.add(kDeleteTemporary, std::make_shared<DeleteTemporary>(d));
    registry.add(kMerge, std::make_shared<Merge>(d));
}

}  // namespace virga::volume::flows
