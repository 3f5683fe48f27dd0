#include "volume/flows/temporary_volume.hpp"

#include "volume/flows/flow_data.hpp"
#include "volume/flows/online.hpp"
#include "volume/flows/volume_keys.hpp"
#include "volume/host_commands.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;
using taskflow::TaskContext;

constexpr const char* kCreate = "volume.manager.create_temp_volume";
constexpr const char* kDelete = "volume.manager.delete_temp_volume";

json::object params_of(const TemporaryVolumeData& temporary) {
    return {{"backend", temporary.backend}, {"volume_id", temporary.id}};
}

void remove(Dependencies& d, const taskflow::FlowContext<ReadData>& context, std::string_view part) {
    const auto& temporary = context.data.temporary.value();
    call_host(d, context, temporary.host, command::kDelete, params_of(temporary), kShortDeadline, part);
}

class CreateTemporaryVolume : public TypedVolumeTask<ReadData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto& temporary = context.data.temporary.value();
        auto params = params_of(temporary);
        params["size_gib"] = temporary.size_gib;
        params["source_volume_id"] = temporary.volume.value;
        params["snapshot_id"] = temporary.snapshot;
        // It has no row, and is encrypted as the volume is.
        const auto volume = load_volume(d_, temporary.volume);
        give_key(d_, params, temporary.id, volume.encryption_key_id);
        const auto reply =
            call_host(d_, context, temporary.host, command::kCreateFromSnapshot, std::move(params), kCopyDeadline);
        Outcome outcome;
        outcome.decision = "temporary volume " + temporary.id + " made from the " +
                           (temporary.in_use ? "volume in use" : "snapshot") + ": copied " +
                           std::to_string(get_int(reply, "copied_bytes")) + " bytes";
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        remove(d_, context, "revert");
        RevertOutcome outcome;
        outcome.decision = "temporary volume deleted";
        return outcome;
    }
};

class DeleteTemporaryVolume : public TypedVolumeTask<ReadData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        remove(d_, context, "execute");
        Outcome outcome;
        outcome.decision = "temporary volume deleted";
        return outcome;
    }
};

}  // namespace

std::string upload_source_id(const VolumeId& volume) {
    return derived_uuid(volume.value, "upload");
}

std::vector<taskflow::TaskSpec> with_temporary_volume(const TemporaryVolume& wanted,
                                                      std::vector<taskflow::TaskSpec> tasks) {
    if (!needs_copy(wanted)) return tasks;
    std::vector<taskflow::TaskSpec> all;
    if (wanted.in_use) all = freeze_tasks();
    all.push_back({kCreate});
    if (wanted.in_use) all.push_back(delete_temporary_task());
    for (auto& task : tasks) all.push_back(std::move(task));
    all.push_back({kDelete});
    return all;
}

json::object temporary_volume_data(const TemporaryVolume& wanted, const VolumeRecord& volume) {
    if (!needs_copy(wanted)) return {};
    json::object data;
    if (wanted.in_use) data = freeze_data(wanted.volume, wanted.id);
    data["temporary_volume"] =
        taskflow::encode(TemporaryVolumeData{wanted.id, volume.host, volume.backend, volume.size_gib, wanted.volume,
                                             wanted.in_use ? wanted.id : wanted.snapshot.value, wanted.in_use});
    return data;
}

std::string volume_to_read(const TaskContext& context) {
    const auto data = taskflow::decode<ReadData>(context.data);
    return data.temporary ? data.temporary->id : data.volume.value;
}

void register_temporary_volume(taskflow::Registry& registry, Dependencies& d) {
    registry.add(kCreate, std::make_shared<CreateTemporaryVolume>(d));
    registry.add(kDelete, std::make_shared<DeleteTemporaryVolume>(d));
}

}  // namespace virga::volume::flows
