#pragma once
#include "compute/model/server_changes.hpp"
#include "db/database.hpp"
#include "taskflow/flow.hpp"

/// Changes of a server's (vm_state, task_state), each one of compute/model/server_changes.hpp.
namespace virga::compute::flows {

/// The server that a flow works on. Throws Error{Cancelled} when it is gone or being deleted: the flow has to end.
Server live_server(db::Transaction& tx, const ServerId& id);

/// For tasks that flows of several kinds have: the change that this flow's step makes is an argument of the task.
json::object step_arg(const ServerChange& change, json::object others = {});
const ServerChange& step_of(const taskflow::TaskContext& context);

/// Makes the change by compare and swap and returns the server as it is then. Throws Error{Cancelled} when the server
/// is gone, being deleted, or in a state that the change doesn't start from.
Server advance(db::Transaction& tx, const ServerId& id, const ServerChange& change);

/// The same, but false instead of an error: for reverts, which must not fail because a delete came in between.
bool try_advance(db::Transaction& tx, const ServerId& id, const ServerChange& change);

/// For what users ask for. Error{NotFound}; Error{Conflict} with the API's wording when the state forbids it.
Server begin_action(db::Transaction& tx, const ServerId& id, const ServerChange& change);

}  // namespace virga::compute::flows
