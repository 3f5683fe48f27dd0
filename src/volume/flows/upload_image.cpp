#include <algorithm>
#include <array>

#include "volume/flows/attachments.hpp"
#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/online.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/flows/temporary_volume.hpp"
#include "volume/flows/upload_charge.hpp"
#include "volume/host_commands.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;

constexpr std::int64_t kGib = 1024LL * 1024 * 1024;

/// The status that the volume's attachments give it, as before the upload.
void back_to_work(db::Transaction& tx, const VolumeId& id) {
    if (repo::try_change(tx, volume_change::kFinishUpload, id)) recompute_status(tx, id);
}

/// Its revert is where a failed upload ends.
class StartUpload : public TypedVolumeTask<UploadImageData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        Outcome outcome;
        outcome.decision = "image " + context.data.image.value + " is saving";
        outcome.apply = [this, image = context.data.image, flow = context.flow, expected = context.data.expected_bytes](
                            db::Transaction& tx) { d_.images.begin_upload(tx, image, flow, expected); };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        RevertOutcome outcome;
        outcome.decision = "the image is deleted, the volume has its old status: " + failure.message;
        outcome.apply = [this, context_copy = context, failure](db::Transaction& tx) {
            const auto& id = context_copy.data.volume;
            d_.images.drop_upload(tx, context_copy.data.image, context_copy.flow);
            back_to_work(tx, id);
            tell_user(tx, context_copy, "VOLUME", id.value, "upload", failure.message);
        };
        return outcome;
    }
};

class CopyVolumeToImage : public TypedVolumeTask<UploadImageData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        UploadCharge charge(d_, context.data.image, context);
        const auto reply = charge.call([&](const taskflow::TaskContext& charged) {
            return call_host(d_, charged, volume.host, command::kUpload, params_of(context, volume), kCopyDeadline);
        });
        const auto stored = StoredImage::from_json(reply);
        Outcome outcome;
        outcome.decision = "stored " + std::to_string(stored.size_bytes) + " bytes of " + stored.format;
        outcome.provides = json::object{{"stored", reply}};
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        const auto volume = load_volume(d_, context.data.volume);
        call_host(d_, context, volume.host, command::kDiscardUpload, params_of(context, volume), kShortDeadline,
                  "revert");
        d_.images.remove_upload(context.data.image, context.flow);
        RevertOutcome outcome;
        outcome.decision = "the image's data is removed";
        return outcome;
    }

private:
    json::object params_of(const Context& context, const VolumeRecord& volume) {
        return {{"backend", volume.backend},
                {"volume_id", volume_to_read(context)},
                {"target", d_.images.upload_target(context.data.image, context.flow, volume.host).to_json()}};
    }
};

class FinishUpload : public TypedVolumeTask<UploadImageData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        Outcome outcome;
        outcome.decision = "image " + context.data.image.value + " is active";
        outcome.apply = [this, id = context.data.volume, image = context.data.image, flow = context.flow,
                         stored = context.data.stored.value()](db::Transaction& tx) {
            d_.images.finish_upload(tx, image, flow, stored);
            back_to_work(tx, id);
        };
        return outcome;
    }
};

/// What the image takes from the volume's image: all but what describes that image's data.
json::object image_properties(const VolumeRecord& volume) {
    static constexpr std::array<std::string_view, 9> kOfTheOldData{
        "image_id", "image_name", "checksum", "container_format",  "disk_format",
        "min_disk", "min_ram",    "size",     "signature_verified"};
    json::object out;
    for (const auto& item : volume.image_metadata) {
        const auto found = std::find(kOfTheOldData.begin(), kOfTheOldData.end(), std::string_view(item.key()));
        if (found == kOfTheOldData.end()) out[item.key()] = item.value();
    }
    return out;
}

std::int64_t min_ram_of(const VolumeRecord& volume) {
    const auto text = get_string(volume.image_metadata, "min_ram");
    const bool digits = !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
    return digits ? std::stoll(text) : 0;
}

/// Raw data has the size of the volume; other formats have what is written, and some more.
std::int64_t expected_bytes(const ImageRequest& request, const VolumeRecord& volume) {
    return request.disk_format == "raw" ? volume.size_gib * kGib : 0;
}

image::NewImage image_from(const ImageRequest& request, const VolumeRecord& volume) {
    image::NewImage image;
    image.id = request.id;
    image.name = request.name;
    image.disk_format = request.disk_format;
    image.container_format = request.container_format;
    image.visibility = request.visibility;
    image.is_protected = request.is_protected;
    image.min_disk_gib = volume.size_gib;
    image.min_ram_mib = min_ram_of(volume);
    image.properties = image_properties(volume);
    image.expected_bytes = expected_bytes(request, volume);
    return image;
}

void check_format(const ImageRequest& request) {
    static constexpr std::array<std::string_view, 6> kFormats{"raw", "qcow2", "vmdk", "vdi", "vhd", "vhdx"};
    if (std::find(kFormats.begin(), kFormats.end(), request.disk_format) == kFormats.end()) {
        throw Error(ErrorCode::InvalidInput, "os-volume_upload_image.disk_format: '" + request.disk_format +
                                                 "' must be raw, qcow2, vmdk, vdi, vhd or vhdx.");
    }
    if (request.container_format == "bare") return;
    throw Error(ErrorCode::InvalidInput, "os-volume_upload_image.container_format: '" + request.container_format +
                                             "' must be bare: nothing is put around the disk.");
}

}  // namespace

FlowId upload_image(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeId& id,
                    const ImageRequest& request) {
    check_format(request);
    const auto volume = repo::get_volume(tx, id);
    if (volume.status == VolumeStatus::InUse && !request.force) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid volume: volume " + id.value + " is in-use. Detach it, or upload it with force.", {},
                    id.value);
    }
    if (!volume.encryption_key_id.empty()) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid volume: volume " + id.value +
                        " is encrypted. An image of it would not be: copy what is to be public inside a server.",
                    {}, id.value);
    }
    const TemporaryVolume source{upload_source_id(id), id, {}, must_freeze(tx, d, volume)};
    repo::require_change(tx, volume_change::kUpload, id);
    d.images.create(tx, auth, image_from(request, volume));
    const auto flow = taskflow::new_flow_id();
    repo::set_flow(tx, id, flow);
    std::vector<taskflow::TaskSpec> tasks{{task::kStartUpload}};
    for (auto& one : with_temporary_volume(source, {{task::kCopyVolumeToImage}})) tasks.push_back(std::move(one));
    tasks.push_back({task::kFinishUpload});
    auto data = taskflow::encode(UploadImageData{id, request.id, expected_bytes(request, volume), std::nullopt});
    for (const auto& item : temporary_volume_data(source, volume)) data.insert(item);
    d.runner.start(tx, {flow, flow_kind::kUploadImage, id.value, std::move(tasks), std::move(data), auth.request_id,
                        volume.project.value, auth.user.value, std::nullopt});
    return flow;
}

void register_upload_image(taskflow::Registry& registry, Dependencies& d) {
    d.images.on_upload_deleted([&d](db::Transaction& tx, const FlowId& flow) { d.runner.cancel(tx, flow); });
    registry.add(task::kStartUpload, std::make_shared<StartUpload>(d));
    registry.add(task::kCopyVolumeToImage, std::make_shared<CopyVolumeToImage>(d));
    registry.add(task::kFinishUpload, std::make_shared<FinishUpload>(d));
}

}  // namespace virga::volume::flows
