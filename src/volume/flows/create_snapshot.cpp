#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/online.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/host_commands.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/quota_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;

class CreateSnapshot : public TypedVolumeTask<SnapshotData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        const auto reply =
            call_host(d_, context, volume.host, command::kCreateSnapshot, params(volume, context), kCopyDeadline);
        Outcome outcome;
        outcome.decision = "offline snapshot on " + volume.host + "@" + volume.backend;
        outcome.apply = [volume_id = volume.id, id = context.data.snapshot,
                         file = VolumeFile::from_json(reply)](db::Transaction& tx) {
            repo::set_file(tx, volume_id, file);
            repo::try_change(tx, snapshot_change::kFinishCreate, id);
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        const auto volume = load_volume(d_, context.data.volume);
        const auto reply = call_host(d_, context, volume.host, command::kDeleteSnapshot, params(volume, context),
                                     kCopyDeadline, "revert");
        RevertOutcome outcome;
        outcome.decision = "snapshot removed from the backend, and in error unless it is being deleted";
        outcome.apply = [context_copy = context, volume_id = volume.id, id = context.data.snapshot, failure,
                         file = VolumeFile::from_json(reply)](db::Transaction& tx) {
            if (!file.path.empty()) repo::set_file(tx, volume_id, file);
            fail_snapshot(tx, context_copy, id, failure);
        };
        return outcome;
    }

private:
    static json::object params(const VolumeRecord& volume, const Context& context) {
        return {
            {"backend", volume.backend}, {"volume_id", volume.id.value}, {"snapshot_id", context.data.snapshot.value}};
    }
};

SnapshotRecord record_of(const identity::Auth& auth, const NewSnapshot& request, const VolumeRecord& volume,
                         const FlowId& flow) {
    SnapshotRecord s;
    s.id = request.id;
    s.volume = volume.id;
    s.project = volume.project;
    s.user = auth.user;
    s.name = request.name;
    s.description = request.description;
    s.size_gib = volume.size_gib;
    s.status = SnapshotStatus::Creating;
    s.metadata = request.metadata;
    s.bootable = volume.bootable;
    s.image_metadata = volume.image_metadata;
    s.flow = flow;
    s.created_us = now_us();
    return s;
}

}  // namespace

FlowId create_snapshot(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const NewSnapshot& request) {
    const auto volume = repo::get_volume(tx, request.volume);
    const bool online = volume.status == VolumeStatus::InUse;
    if (online && !request.online) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid volume: volume " + volume.id.value +
                        " is in-use. Detach it, ask with force, or ask with microversion 3.66 or later.",
                    {}, volume.id.value);
    }
    repo::require_change(tx, online ? volume_change::kSnapshotOnline : volume_change::kSnapshot, volume.id);
    if (online) check_online(tx, d, volume);
    check_new_snapshot(repo::limits_of(tx, d.config, volume.project), repo::usage_of(tx, volume.project),
                       volume.size_gib, volume.volume_type);
    const FlowId flow(derived_uuid(request.id.value, "create_snapshot"));
    repo::insert(tx, record_of(auth, request, volume, flow));
    auto data = taskflow::encode(SnapshotData{volume.id, request.id});
    std::vector<taskflow::TaskSpec> tasks{{task::kCreateSnapshot}};
    if (online) {
        for (const auto& item : freeze_data(volume.id, request.id.value)) data.insert(item);
        tasks = freeze_tasks();
    }
    d.runner.start(tx, {flow, flow_kind::kCreateSnapshot, request.id.value, std::move(tasks), std::move(data),
                        auth.request_id, volume.project.value, auth.user.value, std::nullopt});
    return flow;
}

void register_create_snapshot(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kCreateSnapshot, std::make_shared<CreateSnapshot>(d));
}

}  // namespace virga::volume::flows
