#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/online.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/host_commands.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;

/// Housekeeping of the storage host. It takes no state of the volume: whatever else is wanted of it comes first.
class FlattenVolume : public TypedVolumeTask<VolumeData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        const auto reply = call_host(d_, context, volume.host, command::kFlatten,
                                     {{"backend", volume.backend}, {"volume_id", volume.id.value}}, kCopyDeadline);
        Outcome outcome;
        outcome.decision = std::to_string(get_int(reply, "merged")) + " files merged that only this volume needs";
        outcome.apply = [volume, file = VolumeFile::from_json(reply)](db::Transaction& tx) {
            repo::replace_file(tx, volume.id, volume.path, file);
        };
        return outcome;
    }
};

}  // namespace

void flatten_volume(db::Transaction& tx, Dependencies& d, const VolumeId& id, const std::string& request_id) {
    const auto volume = repo::find_volume(tx, id);
    if (!volume || volume->status == VolumeStatus::Deleting) return;
    auto data = taskflow::encode(VolumeData{id});
    for (const auto& item : freeze_data(id, {})) data.insert(item);
    d.runner.start(tx, {taskflow::new_flow_id(),
                        flow_kind::kFlattenVolume,
                        id.value,
                        {take_turn_task(), {task::kFlattenVolume}, merge_task()},
                        std::move(data),
                        request_id,
                        volume->project.value,
                        volume->user.value,
                        std::nullopt});
}

void register_flatten_volume(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kFlattenVolume, std::make_shared<FlattenVolume>(d));
}

}  // namespace virga::volume::flows
