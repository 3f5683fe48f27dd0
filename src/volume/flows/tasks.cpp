#include "volume/flows/tasks.hpp"

#include "base/public_text.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/online.hpp"
#include "volume/model/message_events.hpp"
#include "volume/repo/message_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {

void register_tasks(taskflow::Registry& registry, Dependencies& dependencies) {
    for (const auto* kind : flow_kind::kAll) registry.add_kind(kind);
    register_create_volume(registry, dependencies);
    register_create_from_spec(registry, dependencies);
    register_delete_volume(registry, dependencies);
    register_flatten_volume(registry, dependencies);
    register_extend_volume(registry, dependencies);
    register_manage(registry, dependencies);
    register_groups(registry, dependencies);
    register_group_snapshots(registry, dependencies);
    register_revert_volume(registry, dependencies);
    register_reimage_volume(registry, dependencies);
    register_upload_image(registry, dependencies);
    register_retype_volume(registry, dependencies);
    register_move_volume(registry, dependencies);
    register_create_snapshot(registry, dependencies);
    register_delete_snapshot(registry, dependencies);
    register_temporary_volume(registry, dependencies);
    register_create_backup(registry, dependencies);
    register_delete_backup(registry, dependencies);
    register_restore_backup(registry, dependencies);
    register_import_backup(registry, dependencies);
    register_online(registry, dependencies);
}

VolumeRecord load_volume(Dependencies& d, const VolumeId& id) {
    return d.db.read_with([&](db::Transaction& tx) { return repo::get_volume(tx, id); });
}

void tell_user(db::Transaction& tx, const taskflow::TaskContext& context, const std::string& resource_type,
               const std::string& resource_id, const std::string& operation, const std::string& reason) {
    repo::expire_messages(tx);
    repo::insert(tx, {derived_uuid(context.flow.value, "message/" + operation), ProjectId(context.project_id),
                      context.request_id, resource_type, resource_id, event_id(resource_type, operation),
                      operation + " " + resource_type + ": " + without_paths(reason), now_us()});
}

taskflow::Outcome wait_or_continue(std::vector<FlowId> flows, const std::string& otherwise) {
    taskflow::Outcome outcome;
    outcome.decision = flows.empty()
                           ? otherwise
                           : "waits for " + std::to_string(flows.size()) + " running flow(s) that use it to end first";
    outcome.wait_for = std::move(flows);
    return outcome;
}

std::vector<FlowId> other_flows(db::Transaction& tx, Dependencies& d, const std::string& resource, const FlowId& self) {
    auto flows = d.runner.unfinished(tx, resource);
    std::erase(flows, self);
    return flows;
}

}  // namespace virga::volume::flows
