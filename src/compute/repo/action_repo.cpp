#include "compute/repo/server_repo.hpp"

namespace virga::compute::repo {
namespace {

/// The oldest make room, except for the one that tells whose the server was, and for those whose flows run.
void forget_oldest_actions(db::Transaction& tx, const ServerId& server) {
    const auto over =
        tx.scalar("SELECT COUNT(*) FROM instance_actions WHERE server_id = ?", {server.value}) - kMostActions;
    if (over <= 0) return;
    tx.exec(
        "DELETE FROM instance_actions WHERE id IN (SELECT a.id FROM instance_actions a WHERE a.server_id = ? AND"
        " a.action <> 'create' AND NOT EXISTS (SELECT 1 FROM flows f WHERE f.id = a.flow_id AND f.ended_us = 0)"
        " ORDER BY a.start_us LIMIT ?)",
        {server.value, over});
}

}  // namespace

void insert_action(db::Transaction& tx, const InstanceAction& action) {
    const auto& id = action.server.value;
    tx.exec(
        "INSERT INTO instance_actions (id, server_id, action, request_id, user_id, project_id, flow_id, start_us,"
        " server_name) VALUES (?, ?, ?, ?, ?, ?, ?, ?, COALESCE((SELECT name FROM servers WHERE id = ?), ''))",
        {new_uuid(), id, action.action, action.request_id, action.user_id, action.project_id, action.flow.value,
         action.start_us == 0 ? now_us() : action.start_us, id});
    if (action.action != "create") forget_oldest_actions(tx, action.server);
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

std::int64_t forget_actions(db::Transaction& tx, TimestampUs time) {
    const auto gone = tx.query(
        "SELECT a.server_id AS server_id FROM instance_actions a WHERE a.action = 'delete' AND a.start_us < ?"
        " AND NOT EXISTS (SELECT 1 FROM servers s WHERE s.id = a.server_id) ORDER BY a.start_us LIMIT 500",
        {time});
    for (const auto& row : gone) tx.exec("DELETE FROM instance_actions WHERE server_id = ?", {row.text("server_id")});
    return static_cast<std::int64_t>(gone.size());
}

}  // namespace virga::compute::repo
