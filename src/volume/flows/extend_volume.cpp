#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/mark_failed.hpp"
#include "volume/flows/online.hpp"
#include "volume/flows/reach.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/host_commands.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/quota_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;

class ExtendVolume : public TypedVolumeTask<ExtendVolumeData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    // A guest grows the file that it has open itself, whatever its format; the storage host does it for those that
    // don't run, and records it. Of an export it is the other way round: guests see what the storage host has made.
    Outcome execute(const Context& context) override {
        const auto volume = load_volume(d_, context.data.volume);
        const bool exported = context.db.read_with([&](db::Transaction& tx) { return is_exported(tx, volume.id); });
        std::string guests;
        if (!exported) guests = tell_guests(context, volume.id);
        const auto file = grow(context, volume);
        if (exported) guests = tell_clients(context, volume.id);
        Outcome outcome;
        outcome.decision = (guests.empty() ? "offline" : guests) + ": grown from " +
                           std::to_string(context.data.old_size_gib) + " to " + std::to_string(context.data.size_gib) +
                           " GiB";
        outcome.apply = [id = volume.id, file](db::Transaction& tx) {
            repo::set_file(tx, id, file);
            const bool attached = !repo::attachments_of(tx, id).empty();
            repo::try_change(tx, attached ? volume_change::kFinishExtendOnline : volume_change::kFinishExtend, id);
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure,
                              {mark(volume_change::kFailExtend, context.data.volume),
                               "extend",
                               {},
                               [id = context.data.volume, old_size_gib = context.data.old_size_gib](
                                   db::Transaction& tx) { repo::set_size(tx, id, old_size_gib); }});
    }

private:
    VolumeFile grow(const Context& context, const VolumeRecord& volume) {
        return VolumeFile::from_json(call_host(
            d_, context, volume.host, command::kExtend,
            {{"backend", volume.backend}, {"volume_id", volume.id.value}, {"size_gib", context.data.size_gib}},
            kShortDeadline));
    }

    /// It has grown by now: a guest that can't be told sees it later.
    std::string tell_clients(const Context& context, const VolumeId& id) {
        try {
            return tell_guests(context, id);
        } catch (const Error& error) {
            if (is_retryable(error.code()) || error.code() == ErrorCode::Cancelled) throw;
            return "online, seen by a guest when it is started again (" + error.message() + ")";
        }
    }

    /// Each attempt tells them anew: a guest may have been started meanwhile.
    std::string tell_guests(const Context& context, const VolumeId& id) {
        const auto servers = context.db.read_with([&](db::Transaction& tx) { return servers_of(tx, id); });
        std::size_t told = 0;
        for (const auto& server : servers) {
            auto options = online_options(context, "", kShortDeadline);
            options.command_id.clear();
            if (attached_volumes(d_).resize(server, id, context.data.size_gib, options)) ++told;
        }
        if (told == 0) return {};
        return "online, seen by the running guests of " + std::to_string(told) + " server(s) at once";
    }
};

std::vector<taskflow::TaskSpec> tasks_of(bool in_use) {
    if (!in_use) return {{task::kExtendVolume}};
    // Named as the event that Nova shows of it.
    return {take_turn_task(), {task::kExtendVolume, {}, "compute_extend_volume"}};
}

}  // namespace

FlowId extend_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeId& id,
                     std::int64_t new_size_gib, bool online) {
    const auto volume = repo::get_volume(tx, id);
    const bool in_use = volume.status == VolumeStatus::InUse;
    if (in_use && !online) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid volume: volume " + id.value +
                        " is in-use. Detach it to extend it, or ask with microversion 3.42 or later.",
                    {}, id.value);
    }
    if (new_size_gib <= volume.size_gib) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid input received: os-extend.new_size: " + std::to_string(new_size_gib) +
                        " must be above the present size of " + std::to_string(volume.size_gib) + " GiB.");
    }
    check_extend(repo::limits_of(tx, d.config, volume.project), repo::usage_of(tx, volume.project), volume.size_gib,
                 new_size_gib, volume.volume_type);
    repo::require_change(tx, in_use ? volume_change::kExtendOnline : volume_change::kExtend, id);
    const auto flow = taskflow::new_flow_id();
    repo::set_flow(tx, id, flow);
    repo::set_size(tx, id, new_size_gib);
    const taskflow::FlowSpec spec{flow,
                                  flow_kind::kExtendVolume,
                                  id.value,
                                  tasks_of(in_use),
                                  taskflow::encode(ExtendVolumeData{id, id, new_size_gib, volume.size_gib}),
                                  auth.request_id,
                                  volume.project.value,
                                  auth.user.value,
                                  std::nullopt};
    d.runner.start(tx, spec);
    if (in_use) {
        for (const auto& server : servers_of(tx, id)) {
            attached_volumes(d).record_action(tx, server, "extend_volume", spec);
        }
    }
    return flow;
}

void register_extend_volume(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kExtendVolume, std::make_shared<ExtendVolume>(d));
}

}  // namespace virga::volume::flows
