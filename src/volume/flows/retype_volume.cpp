#include "volume/flows/attachments.hpp"
#include "volume/flows/choose_type.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/services.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/model/volume_states.hpp"
#include "volume/repo/encryption_repo.hpp"
#include "volume/repo/qos_repo.hpp"
#include "volume/repo/quota_repo.hpp"
#include "volume/repo/type_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;
using taskflow::TaskContext;

/// Back to what the volume's attachments say: they may have changed meanwhile.
bool end_retyping(db::Transaction& tx, const VolumeId& id) {
    if (!lifecycle::try_change(tx, volume_states(), "finish_retype", id.value)) return false;
    recompute_status(tx, id);
    return true;
}

/// Both types fit the backend where the volume is, so only its row changes.
class RetypeVolume : public VolumeTask {
public:
    using VolumeTask::VolumeTask;

    Outcome execute(const TaskContext& context) override {
        const auto id = volume_of(context);
        const auto type = context.db.read_with(
            [&](db::Transaction& tx) { return repo::get_type(tx, get_string(context.data, "type_id")); });
        Outcome outcome;
        outcome.decision =
            "type " + get_string(context.data, "old_type") + " becomes " + type.name + ", data stays where it is";
        outcome.apply = [id, type](db::Transaction& tx) {
            if (end_retyping(tx, id)) repo::set_type(tx, id, type.id, type.multiattach());
        };
        return outcome;
    }

    RevertOutcome revert(const TaskContext& context, const taskflow::Failure& failure) override {
        RevertOutcome outcome;
        outcome.decision = "volume keeps its type: " + failure.message;
        outcome.apply = [context_copy = context, id = volume_of(context), failure](db::Transaction& tx) {
            if (end_retyping(tx, id)) tell_user(tx, context_copy, "VOLUME", id.value, "retype", failure.message);
        };
        return outcome;
    }
};

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorCode::InvalidInput, "Invalid input received: os-retype.new_type: " + why);
}

bool same_encryption(db::Transaction& tx, const VolumeType& a, const VolumeType& b) {
    const auto first = repo::find_encryption(tx, a.id);
    const auto second = repo::find_encryption(tx, b.id);
    if (!first || !second) return !first && !second;
    return first->provider == second->provider && first->cipher == second->cipher &&
           first->key_size == second->key_size && first->control_location == second->control_location;
}

json::value bounds(db::Transaction& tx, const VolumeType& type, std::int64_t size_gib) {
    if (type.qos_specs_id.empty()) return nullptr;
    return front_end_specs(repo::get_qos(tx, type.qos_specs_id), size_gib);
}

/// What a guest that uses the volume sees must stay.
void check_attached(db::Transaction& tx, const VolumeRecord& volume, const VolumeType& old_type,
                    const VolumeType& new_type) {
    if (volume.status == "available") return;
    if (volume.multiattach != new_type.multiattach()) {
        refuse("multiattach can't change while the volume is " + volume.status);
    }
    if (bounds(tx, old_type, volume.size_gib) != bounds(tx, new_type, volume.size_gib)) {
        refuse("the front-end QoS specs can't change while the volume is " + volume.status);
    }
}

void check_backend(db::Transaction& tx, Dependencies& d, const VolumeRecord& volume, const VolumeType& type) {
    for (const auto& backend : backends(tx, d)) {
        if (backend.host != volume.host || backend.name != volume.backend) continue;
        if (fits_specs(backend, type.extra_specs)) return;
        refuse("volumes of type " + type.name + " can't be on backend " + backend.label() +
               ", and moving a volume to another one is not supported yet");
    }
    throw Error(ErrorCode::Conflict,
                "The host of volume " + volume.id.value + ", " + volume.host + ", isn't connected. Try again later.",
                {}, volume.id.value);
}

}  // namespace

FlowId retype_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeId& id,
                     const std::string& new_type) {
    const auto volume = repo::get_volume(tx, id);
    const auto type = usable_type(tx, auth, new_type);
    const auto old_type = repo::get_type(tx, volume.type_id);
    if (type.id == old_type.id) refuse("the volume has type " + type.name + " already");
    require_change(tx, volume_states(), "check_retype", id.value);
    if (!same_encryption(tx, old_type, type)) refuse("the types must have the same encryption");
    check_attached(tx, volume, old_type, type);
    check_backend(tx, d, volume, type);
    check_retype(repo::limits_of(tx, d.config, volume.project), repo::usage_of(tx, volume.project), volume.size_gib,
                 type.name);
    require_change(tx, volume_states(), "retype", id.value);
    const auto flow = new_id<FlowId>();
    repo::set_flow(tx, id, flow);
    d.runner.start(tx, {flow,
                        "retype_volume",
                        id.value,
                        {{task::kRetypeVolume}},
                        {{"volume_id", id.value}, {"type_id", type.id}, {"old_type", old_type.name}},
                        auth.request_id,
                        volume.project.value,
                        auth.user.value,
                        std::nullopt});
    return flow;
}

void register_retype_volume(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kRetypeVolume, std::make_shared<RetypeVolume>(d));
}

}  // namespace virga::volume::flows
