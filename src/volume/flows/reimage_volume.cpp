#include "volume/flows/attachments.hpp"
#include "volume/flows/connections.hpp"
#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/mark_failed.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/host_commands.hpp"
#include "volume/model/new_volume.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;

class Reimage : public TypedVolumeTask<ReimageVolumeData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        end_leftovers(d_, context, volume.id);
        const auto& image = context.data.image;
        const auto source =
            context.db.read_with([&](db::Transaction& tx) { return d_.images.source(tx, image, volume.host); });
        const auto reply = call_host(
            d_, context, volume.host, command::kReimage,
            {{"backend", volume.backend}, {"volume_id", volume.id.value}, {"image", source.to_json()}}, kCopyDeadline);
        Outcome outcome;
        outcome.decision = "the volume has the content of image " + image.value + ", copied " +
                           std::to_string(get_int(reply, "copied_bytes")) + " bytes";
        outcome.apply = [this, id = volume.id, file = VolumeFile::from_json(reply),
                         metadata = context.data.image_metadata](db::Transaction& tx) {
            repo::set_file(tx, id, file);
            repo::set_bootable(tx, id, true);
            repo::set_image_metadata(tx, id, metadata);
            repo::set_error(tx, id, "");
            repo::set_launched(tx, id, now_us());
            // One that was reserved before or meanwhile is reserved again.
            if (repo::try_change(tx, volume_change::kFinishReimage, id)) recompute_status(tx, id);
            d_.images.release_holds(tx, id.value);
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure,
                              {mark(volume_change::kFailReimage, context.data.volume), "reimage",
                               [this, id = context.data.volume](db::Transaction& tx) {
                                   d_.images.release_holds(tx, id.value);
                                   repo::set_launched(tx, id, now_us());
                               },
                               [id = context.data.volume](db::Transaction& tx) { recompute_status(tx, id); }});
    }
};

void take(db::Transaction& tx, const VolumeRecord& volume, bool reserved) {
    const auto refuse = [&](const std::string& why, ErrorCode code = ErrorCode::InvalidInput) {
        throw Error(code, "Invalid volume: volume " + volume.id.value + " " + why, {}, volume.id.value);
    };
    if (repo::attachments_of(tx, volume.id).size() > 1) {
        refuse("is attached to more than one server.", ErrorCode::Conflict);
    }
    if (volume.path.empty()) refuse("has no data that could be replaced: it was never made.");
    const auto& change = reserved ? volume_change::kReimageReserved : volume_change::kReimage;
    if (repo::try_change(tx, change, volume.id)) return;
    refuse("is " + text_of(volume.status) + ", and must be available or in error" +
           (reserved ? ", or reserved" : " (reserved with reimage_reserved)") + ", without a snapshot being made.");
}

}  // namespace

FlowId reimage_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeId& id,
                      const ImageId& image_id, bool reserved) {
    const auto volume = repo::get_volume(tx, id);
    const auto image = d.images.find(tx, auth, image_id);
    if (!image)
        throw Error(ErrorCode::NotFound, "Image " + image_id.value + " could not be found.", {}, image_id.value);
    check_image(*image, volume.size_gib);
    take(tx, volume, reserved);
    d.images.hold(tx, image_id, id.value);
    // As while a volume is created: it may be reserved, but not connected before its data is complete.
    repo::set_launched(tx, id, 0);
    const auto flow = taskflow::new_flow_id();
    repo::set_flow(tx, id, flow);
    d.runner.start(tx, {flow,
                        flow_kind::kReimageVolume,
                        id.value,
                        {{task::kReimage}},
                        taskflow::encode(ReimageVolumeData{id, image_id, metadata_of_image(*image)}),
                        auth.request_id,
                        volume.project.value,
                        auth.user.value,
                        std::nullopt});
    return flow;
}

void register_reimage_volume(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kReimage, std::make_shared<Reimage>(d));
}

}  // namespace virga::volume::flows
