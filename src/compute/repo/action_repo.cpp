#include "compute/repo/server_repo.hpp"

namespace virga::compute::repo {

void insert_action(db::Transaction& tx, const InstanceAction& action) {
    const auto& id = action.server.value;
    tx.exec(
        "INSERT INTO instance_actions (id, server_id, action, request_id, user_id, project_id, flow_id, start_us,"
        " server_name) VALUES (?, ?, ?, ?, ?, ?, ?, ?, COALESCE((SELECT name FROM servers WHERE id = ?), ''))",
        {new_uuid(), id, action.action, action.request_id, action.user_id, action.project_id, action.flow.value,
         action.start_us == 0 ? now_us() : action.start_us, id});
}

std::vector<InstanceAction> actions_of(db::Transaction& tx, const ServerId& server) {
    std::vector<InstanceAction> actions;
    const auto rows = tx.query(
        "SELECT action, server_id, request_id, user_id, project_id, flow_id, start_us, server_name"
        " FROM instance_actions WHERE server_id = ? ORDER BY start_us DESC, id",
        {server.value});
    for (const auto& row : rows) {
        actions.push_back({row.text("action"), ServerId(row.text("server_id")), row.text("request_id"),
                           row.text("user_id"), row.text("project_id"), FlowId(row.text("flow_id")),
                           row.number("start_us"), row.text("server_name")});
    }
    return actions;
}

}  // namespace virga::compute::repo
