#include "volume/flows/choose_type.hpp"
#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/move_volume.hpp"
#include "volume/flows/services.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/flows/volume_keys.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/qos_repo.hpp"
#include "volume/repo/quota_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/type_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;

/// Both types fit the backend where the volume is, so only its row changes.
class RetypeVolume : public TypedVolumeTask<RetypeVolumeData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        const auto id = context.data.volume;
        const auto type =
            context.db.read_with([&](db::Transaction& tx) { return repo::get_type(tx, context.data.type_id); });
        Outcome outcome;
        outcome.decision = "type " + context.data.old_type + " becomes " + type.name + ", data stays where it is";
        outcome.apply = [id, type](db::Transaction& tx) {
            if (end_retyping(tx, id)) repo::set_type(tx, id, type.id, type.multiattach());
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        RevertOutcome outcome;
        outcome.decision = "volume keeps its type: " + failure.message;
        outcome.apply = [context_copy = context, id = context.data.volume, failure](db::Transaction& tx) {
            if (end_retyping(tx, id)) tell_user(tx, context_copy, "VOLUME", id.value, "retype", failure.message);
        };
        return outcome;
    }
};

constexpr const char* kField = "os-retype.new_type";

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorCode::InvalidInput, std::string("Invalid input received: ") + kField + ": " + why);
}

/// The snapshots count as of the volume's type.
void check_quota(db::Transaction& tx, Dependencies& d, const VolumeRecord& volume, const VolumeType& type) {
    std::int64_t snapshots = 0;
    auto size_gib = volume.size_gib;
    for (const auto& snapshot : repo::own_snapshots_of(tx, volume)) {
        ++snapshots;
        size_gib += snapshot.size_gib;
    }
    check_retype(repo::limits_of(tx, d.config, volume.project), repo::usage_of(tx, volume.project), size_gib, type.name,
                 snapshots);
}

json::value bounds(db::Transaction& tx, const VolumeType& type, std::int64_t size_gib) {
    if (type.qos_specs_id.empty()) return nullptr;
    return front_end_specs(repo::get_qos(tx, type.qos_specs_id), size_gib);
}

/// What a guest that uses the volume sees must stay.
void check_attached(db::Transaction& tx, const VolumeRecord& volume, const VolumeType& old_type,
                    const VolumeType& new_type) {
    if (volume.status == VolumeStatus::Available) return;
    if (volume.multiattach != new_type.multiattach()) {
        refuse("multiattach can't change while the volume is " + text_of(volume.status));
    }
    if (bounds(tx, old_type, volume.size_gib) != bounds(tx, new_type, volume.size_gib)) {
        refuse("the front-end QoS specs can't change while the volume is " + text_of(volume.status));
    }
}

/// Whether the volume can have the type where it is.
bool may_stay(db::Transaction& tx, Dependencies& d, const VolumeRecord& volume, const VolumeType& type, bool may_move) {
    for (const auto& backend : backends(tx, d)) {
        if (backend.host != volume.host || backend.name != volume.backend) continue;
        if (fits_specs(backend, type.extra_specs)) return true;
        if (may_move) return false;
        refuse("volumes of type " + type.name +
               " can't be on the backend of this one; ask with migration_policy on-demand to move the volume to "
               "another one");
    }
    throw Error(ErrorCode::Conflict, "The host of volume " + volume.id.value + " isn't connected. Try again later.",
                "host " + volume.host, volume.id.value);
}

}  // namespace

FlowId retype_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeId& id,
                     const std::string& new_type, bool may_move) {
    const auto volume = repo::get_volume(tx, id);
    const auto type = usable_type(tx, auth, new_type);
    const auto old_type = repo::get_type(tx, volume.type_id);
    if (type.id == old_type.id) refuse("the volume has type " + type.name + " already");
    repo::require_change(tx, volume_change::kCheckRetype, id);
    if (!same_encryption(tx, old_type, type)) refuse("the types must have the same encryption");
    check_attached(tx, volume, old_type, type);
    if (!volume.group_id.empty()) refuse("the volume is in group " + volume.group_id + ", which has its own types");
    check_quota(tx, d, volume, type);
    const bool stays = may_stay(tx, d, volume, type, may_move);
    std::optional<Placement> target;
    if (!stays) {
        check_movable(tx, d, volume, kField);
        target = choose_target(tx, d, volume, type, {}, kField);
    }
    repo::require_change(tx, volume_change::kRetype, id);
    if (target) return start_move(tx, d, auth, flow_kind::kRetypeVolume, volume, *target, type);
    const auto flow = taskflow::new_flow_id();
    repo::set_flow(tx, id, flow);
    d.runner.start(tx, {flow,
                        flow_kind::kRetypeVolume,
                        id.value,
                        {{task::kRetypeVolume}},
                        taskflow::encode(RetypeVolumeData{id, type.id, old_type.name}),
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
