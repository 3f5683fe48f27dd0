#include "volume/flows/move_volume.hpp"

#include <algorithm>

#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/online.hpp"
#include "volume/flows/reach.hpp"
#include "volume/flows/services.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/type_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

[[noreturn]] void refuse(const std::string& field, const std::string& why) {
    throw Error(ErrorCode::InvalidInput, "Invalid input received: " + field + ": " + why);
}

std::string label_of(const std::string& host, const std::string& backend) {
    return host + "@" + backend;
}

void check_attachments(db::Transaction& tx, const VolumeRecord& volume, const std::string& field) {
    if (is_exported(tx, volume.id))
        refuse(field,
               "a volume that is used by a server on another host than its own can't be moved; detach it to move it");
    for (const auto& item : repo::attachments_of(tx, volume.id)) {
        if (!item.may_be_used()) continue;  // the move ends those first
        if (volume.multiattach)
            refuse(field, "a volume that several servers may write to can't be moved while it is in use");
        if (!item.of_compute())
            refuse(field, "the volume is in use by something that compute doesn't know; detach it to move it");
    }
}

/// A volume that only its host can reach must stay reachable for its servers.
void check_reach(db::Transaction& tx, const VolumeRecord& volume, const Backend& target, const std::string& field) {
    if (!target.host_local) return;
    for (const auto& item : repo::attachments_of(tx, volume.id)) {
        if (!item.may_be_used() || item.host == target.host) continue;
        refuse(field, "the server that uses the volume is on a host that can't reach the other backend");
    }
}

/// What the scheduler would have taken if it were not on another storage host.
void refuse_other_host(const std::vector<Backend>& all, const PlacementRequest& wanted,
                       const std::map<std::string, std::int64_t>& provisioned, const std::string& field) {
    try {
        choose_backend(all, wanted, provisioned);
        refuse(field,
               "the backend that fits is on another storage host than the volume. Volumes move between backends of one "
               "storage host; make a backup or an image, and a new volume from it there");
    } catch (const Error& error) {
        if (error.code() == ErrorCode::InvalidInput) throw;
        refuse(field, "the volume can't move to another backend: " + error.message());
    }
}

MovePlace place(const std::string& host, const std::string& backend, bool host_local, const VolumeRecord& volume) {
    return {host, backend, host_local, volume.type_id, volume.multiattach};
}

std::vector<taskflow::TaskSpec> tasks_of(bool connected) {
    if (!connected)
        return {{task::kBeginMove}, take_turn_task(), {task::kCopyData}, {task::kChangePlace}, {task::kCompleteMove}};
    return {{task::kBeginMove},
            take_turn_task(),
            {task::kMirror},
            {task::kHoldServers},
            {task::kCopyData},
            {task::kChangePlace},
            {task::kPivot, {}, "compute_swap_volume"},
            {task::kCompleteMove}};
}

}  // namespace

void check_movable(db::Transaction& tx, Dependencies& d, const VolumeRecord& volume, const std::string& field) {
    if (!repo::snapshots_of(tx, volume.id).empty()) refuse(field, "a volume with snapshots can't be moved");
    if (!volume.group_id.empty())
        refuse(field, "the volume is in group " + volume.group_id + ", which is on one backend");
    check_attachments(tx, volume, field);
    if (!servers_of(tx, volume.id).empty()) attached_volumes(d);
}

Placement choose_target(db::Transaction& tx, Dependencies& d, const VolumeRecord& volume, const VolumeType& type,
                        PlacementRequest wanted, const std::string& field) {
    wanted.size_gib = volume.size_gib;
    wanted.zone = volume.availability_zone;
    wanted.type_specs = type.extra_specs;
    auto others = backends(tx, d);
    std::erase_if(
        others, [&](const Backend& backend) { return backend.host == volume.host && backend.name == volume.backend; });
    auto near = others;
    std::erase_if(near, [&](const Backend& backend) { return backend.host != volume.host; });
    const auto provisioned = repo::provisioned_gib(tx);
    try {
        auto chosen = choose_backend(near, wanted, provisioned);
        check_reach(tx, volume, chosen.backend, field);
        return chosen;
    } catch (const Error& error) {
        if (error.code() == ErrorCode::InvalidInput) throw;
        refuse_other_host(others, wanted, provisioned, field);
        throw;
    }
}

FlowId start_move(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const std::string& kind,
                  const VolumeRecord& volume, const Placement& target, const std::optional<VolumeType>& type) {
    const auto flow = taskflow::new_flow_id();
    const auto& backend = target.backend;
    const auto servers = servers_of(tx, volume.id);
    auto retyped = volume;
    if (type) retyped.type_id = type->id;
    if (type) retyped.multiattach = type->multiattach();
    repo::set_flow(tx, volume.id, flow);
    repo::set_other_place(tx, volume.id, backend.host, backend.name);
    repo::try_change(tx, migration_change::kBegin, volume.id);
    MoveVolumeData data;
    data.volume = data.online_volume = volume.id;
    data.reason = "from " + label_of(volume.host, volume.backend) + " to " + target.reason;
    data.source = place(volume.host, volume.backend, volume.host_local, volume);
    data.target = place(backend.host, backend.name, backend.host_local, retyped);
    const taskflow::FlowSpec spec{flow,
                                  kind,
                                  volume.id.value,
                                  tasks_of(!servers.empty()),
                                  taskflow::encode(data),
                                  auth.request_id,
                                  volume.project.value,
                                  auth.user.value,
                                  std::nullopt};
    d.runner.start(tx, spec);
    for (const auto& server : servers) attached_volumes(d).record_action(tx, server, "swap_volume", spec);
    return flow;
}

FlowId migrate_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeId& id,
                      const std::string& to, bool lock) {
    static const std::string kField = "os-migrate_volume.host";
    const auto volume = repo::get_volume(tx, id);
    const auto at = to.find('@');
    const auto host = to.substr(0, at);
    const auto backend = at == std::string::npos ? "" : to.substr(at + 1, to.find('#') - at - 1);
    const auto known = backends(tx, d);
    const auto found = std::find_if(known.begin(), known.end(), [&](const Backend& one) {
        return to == one.label() || to == label_of(one.host, one.name);
    });
    if (found == known.end())
        refuse(kField, "there is no storage backend " + to.substr(0, 128) + " now; name one as host@backend");
    if (host == volume.host && backend == volume.backend) refuse(kField, "the volume is there already");
    repo::require_change(tx, volume_change::kMigrate, id);
    check_movable(tx, d, volume, kField);
    const auto type = repo::get_type(tx, volume.type_id);
    PlacementRequest wanted;
    wanted.host = host;
    wanted.backend = backend;
    const auto target = choose_target(tx, d, volume, type, wanted, kField);
    if (lock) repo::try_change(tx, volume_change::kMigrateLocked, id);
    return start_move(tx, d, auth, flow_kind::kMigrateVolume, volume, target);
}

}  // namespace virga::volume::flows
