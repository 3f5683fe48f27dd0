// The tasks of a move. Until kChangePlace the volume is at its source; from then on it is at its target.
#include <algorithm>

#include "base/log.hpp"
#include "volume/flows/attachments.hpp"
#include "volume/flows/connections.hpp"
#include "volume/flows/flow_data.hpp"
#include "volume/flows/move_volume.hpp"
#include "volume/flows/online.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/host_commands.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/type_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;
using taskflow::TaskContext;

/// The volume as it is at one end of the move.
VolumeRecord volume_at(Dependencies& d, const MoveVolumeData& data, const MovePlace& place) {
    auto volume = load_volume(d, data.volume);
    volume.host = place.host;
    volume.backend = place.backend;
    volume.host_local = place.host_local;
    volume.type_id = place.type_id;
    volume.multiattach = place.multiattach;
    return volume;
}

std::string label_of(const VolumeRecord& volume) {
    return volume.host + "@" + volume.backend;
}

json::object params_of(const VolumeRecord& volume) {
    return {{"backend", volume.backend}, {"volume_id", volume.id.value}, {"size_gib", volume.size_gib}};
}

std::vector<AttachmentRecord> connected_attachments(const TaskContext& context, const VolumeId& volume) {
    auto items = context.db.read_with([&](db::Transaction& tx) { return repo::attachments_of(tx, volume); });
    std::erase_if(items, [](const AttachmentRecord& item) { return !item.connected(); });
    return items;
}

json::object connection_at(Dependencies& d, const TaskContext& context, const VolumeRecord& volume,
                           const AttachmentRecord& item) {
    rpc::CallOptions options;  // no command id: each answer must be of now
    options.request_id = context.request_id;
    options.deadline = kShortDeadline;
    auto info = connection_of(d, volume, json::object{{"host", item.host}}, options);
    if (item.of_compute()) check_for_guest(volume, item.host, info);
    return info;
}

void end_move(db::Transaction& tx, const VolumeId& id, const MigrationChange& how) {
    repo::set_other_place(tx, id, "", "");
    repo::set_held_by(tx, id, {});
    repo::try_change(tx, how, id);
    const bool locked = repo::try_change(tx, volume_change::kFinishMigrate, id);
    if (!end_retyping(tx, id) && locked) recompute_status(tx, id);
}

/// A record of what was decided; its revert is where a failed move ends. Connections that only the source knows end.
class BeginMove : public TypedVolumeTask<MoveVolumeData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        end_leftovers(d_, context, context.data.volume);
        Outcome outcome;
        outcome.decision = context.data.reason;
        outcome.apply = [id = context.data.volume](db::Transaction& tx) {
            repo::try_change(tx, migration_change::kCopy, id);
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        RevertOutcome outcome;
        outcome.decision = "the volume stays where it is: " + failure.message;
        outcome.apply = [context_copy = context, id = context.data.volume, failure](db::Transaction& tx) {
            end_move(tx, id, migration_change::kFail);
            tell_user(tx, context_copy, "VOLUME", id.value, context_copy.data.retypes() ? "retype" : "migrate",
                      failure.message);
        };
        return outcome;
    }
};

/// What copies to the target. A running guest's hypervisor does it itself; data at rest is copied by the storage host.
class Copying : public TypedVolumeTask<MoveVolumeData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        const auto target = volume_at(d_, context.data, context.data.target);
        for (const auto& item : connected_attachments(context, target.id)) {
            auto options = online_options(context, "end_mirror/" + item.id.value, kShortDeadline);
            options.cancelled = {};
            if (!item.server.empty()) attached_volumes(d_).end_mirror(item.server, target.id, options);
        }
        call_host(d_, context, target.host, command::kDelete, params_of(target), kShortDeadline, "revert");
        RevertOutcome outcome;
        outcome.decision = "what was copied is deleted from " + label_of(target);
        return outcome;
    }

protected:
    /// The target's file when a running guest writes to it as well; nullopt: no guest runs.
    std::optional<VolumeFile> mirror(const Context& context) {
        const auto target = volume_at(d_, context.data, context.data.target);
        for (const auto& item : connected_attachments(context, target.id)) {
            if (item.server.empty()) continue;
            const auto file = VolumeFile::from_json(
                call_host(d_, context, target.host, command::kCreate, params_of(target), kShortDeadline, "create"));
            const auto info = connection_at(d_, context, target, item);
            auto options = online_options(context, "mirror", kCopyDeadline);
            options.on_progress = context.report_progress;
            if (attached_volumes(d_).mirror(item.server, target.id, info, options)) return file;
        }
        return std::nullopt;
    }
};

class Mirror : public Copying {
public:
    using Copying::Copying;

    Outcome execute(const Context& context) override {
        Outcome outcome;
        const auto file = mirror(context);
        outcome.decision = file ? "the guest writes to both: " + file->path + " is the same at every instant"
                                : "no guest runs: the data is copied at rest";
        return outcome;
    }
};

/// From here to the end no guest of a server is started with the volume: which of the two files it has to open is
/// certain again when the move has ended. Flows that are about to start one end first.
class HoldServers : public TypedVolumeTask<VolumeData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        const auto id = context.data.volume;
        auto outcome = wait_or_continue(context.db.read_with([&](db::Transaction& tx) { return starting(tx, id); }),
                                        "servers of the volume are not started until it has moved");
        if (!outcome.wait_for.empty()) return outcome;
        outcome.apply = [this, id, flow = context.flow](db::Transaction& tx) {
            if (!starting(tx, id).empty()) throw Error(ErrorCode::Busy, "A server of the volume is being started.");
            repo::set_held_by(tx, id, flow);
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        RevertOutcome outcome;
        outcome.decision = "servers of the volume may be started";
        outcome.apply = [id = context.data.volume](db::Transaction& tx) { repo::set_held_by(tx, id, {}); };
        return outcome;
    }

private:
    std::vector<FlowId> starting(db::Transaction& tx, const VolumeId& id) {
        std::vector<FlowId> flows;
        for (const auto& server : servers_of(tx, id)) {
            const auto more = attached_volumes(d_).flows_of(tx, server);
            flows.insert(flows.end(), more.begin(), more.end());
        }
        return flows;
    }
};

/// Makes sure that the target has all data, and goes on having it.
class CopyData : public Copying {
public:
    using Copying::Copying;

    Outcome execute(const Context& context) override {
        auto file = mirror(context);
        Outcome outcome;
        outcome.decision = "the running guest writes to both files";
        if (!file) {
            const auto reply = copy_at_rest(context);
            file = VolumeFile::from_json(reply);
            outcome.decision = "at rest: copied " + std::to_string(get_int(reply, "copied_bytes")) + " bytes to " +
                               file->path + " (" + file->format + ")";
        }
        outcome.provides = json::object{{"moved_file", file->to_json()}};
        return outcome;
    }

private:
    /// What a guest's mirror may have left is away first: it may be of any age.
    json::object copy_at_rest(const Context& context) {
        const auto target = volume_at(d_, context.data, context.data.target);
        call_host(d_, context, target.host, command::kDelete, params_of(target), kShortDeadline, "clear");
        auto params = params_of(target);
        params["source_backend"] = context.data.source.backend;
        return call_host(d_, context, target.host, command::kCopyHere, std::move(params), kCopyDeadline);
    }
};

/// A connection as it is at the other place.
struct Moved {
    AttachmentRecord attachment;
    json::object connection_info;
};

/// One transaction in which the volume changes its place, before a running guest does: both files are the same.
class ChangePlace : public TypedVolumeTask<MoveVolumeData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto& file = context.data.moved_file.value();
        const auto target = volume_at(d_, context.data, context.data.target);
        const auto old = load_volume(d_, target.id);
        Outcome outcome;
        outcome.decision = "volume is on " + label_of(target) + " from now on: " + file.path;
        outcome.provides = json::object{{"source_file", VolumeFile{old.path, old.format, old.size_gib}.to_json()}};
        outcome.apply = change(context, target, file, context.data.source);
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        RevertOutcome outcome;
        if (!context.data.source_file) return outcome;
        const auto source = volume_at(d_, context.data, context.data.source);
        outcome.decision = "volume is on " + label_of(source) + " again";
        outcome.apply = change(context, source, *context.data.source_file, context.data.target);
        return outcome;
    }

private:
    std::function<void(db::Transaction&)> change(const Context& context, const VolumeRecord& to, const VolumeFile& file,
                                                 const MovePlace& other) {
        std::vector<Moved> moved;
        for (auto& item : connected_attachments(context, to.id)) {
            auto info = connection_at(d_, context, to, item);
            moved.push_back({std::move(item), std::move(info)});
        }
        return [this, to, file, moved, other](db::Transaction& tx) {
            repo::get_type(tx, to.type_id);  // the new one may have been deleted meanwhile
            repo::set_placement(tx, to.id, to.host, to.backend, to.host_local);
            repo::set_file(tx, to.id, file);
            repo::set_type(tx, to.id, to.type_id, to.multiattach);
            repo::set_other_place(tx, to.id, other.host, other.backend);
            repo::try_change(tx, migration_change::kChangePlace, to.id);
            for (const auto& one : moved) record(tx, one);
        };
    }

    void record(db::Transaction& tx, const Moved& moved) {
        const auto& item = moved.attachment;
        const auto now = repo::find_attachment(tx, item.id);
        // Detached meanwhile, or its server deleted: nobody else knows of the connection at this place.
        if (!now || now->attach_status == AttachStatus::Detaching) return leave_to_end(tx, item.volume, item.host);
        repo::set_connection(tx, item.id, item.host, item.device, moved.connection_info);
        if (!item.server.empty()) attached_volumes(d_).moved(tx, item.server, item.volume, moved.connection_info);
    }
};

/// A running guest follows. One that writes to the old file and has no mirror any more (the target failed) is right:
/// then the move fails, and the volume is at its old place again.
class Pivot : public TypedVolumeTask<VolumeData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kForeverSeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        Outcome outcome;
        outcome.decision = "no guest runs";
        for (const auto& item : connected_attachments(context, volume.id)) {
            if (item.server.empty()) continue;
            auto options = online_options(context, "pivot/" + item.server.value, kShortDeadline);
            options.cancelled = {};
            if (attached_volumes(d_).pivot(item.server, volume.id, item.connection_info, options))
                outcome.decision = "the guest of server " + item.server.value + " goes on in " + volume.path;
        }
        return outcome;
    }
};

/// The old data goes. If that fails for good, the volume has moved all the same, and `virga check` shows what is left.
class CompleteMove : public TypedVolumeTask<MoveVolumeData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kForeverSeconds; }

    Outcome execute(const Context& context) override {
        const auto source = volume_at(d_, context.data, context.data.source);
        Outcome outcome;
        outcome.decision = "old data deleted from " + label_of(source);
        json::array dependents;
        try {
            const auto reply = call_host(d_, context, source.host, command::kDelete, params_of(source), kShortDeadline);
            dependents = get_array(reply, "dependents");
        } catch (const Error& error) {
            if (is_retryable(error.code()) || error.code() == ErrorCode::Cancelled) throw;
            log::error("old data of a moved volume can't be deleted",
                       {{"volume", source.id.value}, {"backend", label_of(source)}, {"error", error.message()}});
            outcome.decision = "old data stays on " + label_of(source) + ": " + error.message();
        }
        outcome.apply = [this, id = source.id, request = context.request_id, dependents](db::Transaction& tx) {
            end_move(tx, id, migration_change::kFinish);
            for (const auto& item : dependents)
                flatten_volume(tx, d_, VolumeId(std::string(item.as_string())), request);
        };
        return outcome;
    }
};

}  // namespace

bool end_retyping(db::Transaction& tx, const VolumeId& id) {
    if (!repo::try_change(tx, volume_change::kFinishRetype, id)) return false;
    recompute_status(tx, id);
    return true;
}

void register_move_volume(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kBeginMove, std::make_shared<BeginMove>(d));
    registry.add(task::kMirror, std::make_shared<Mirror>(d));
    registry.add(task::kHoldServers, std::make_shared<HoldServers>(d));
    registry.add(task::kCopyData, std::make_shared<CopyData>(d));
    registry.add(task::kChangePlace, std::make_shared<ChangePlace>(d));
    registry.add(task::kPivot, std::make_shared<Pivot>(d));
    registry.add(task::kCompleteMove, std::make_shared<CompleteMove>(d));
}

}  // namespace virga::volume::flows
