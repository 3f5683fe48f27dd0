#pragma once
#include "compute/flows/flows.hpp"

namespace virga::compute::flows {

/// It is active or stopped, and nothing is being done with it.
bool is_settled(const Server& server);
/// Whether a server needs nothing when its guest is in this state: it has it on record, or isn't settled.
bool is_in_line(const Server& server, PowerState guest);
/// Of a guest as hosts tell it (commands compute.server_state and compute.inventory).
PowerState state_of_guest(bool exists, std::int64_t power_state);

/// Asks the host of a server for the guest's state now and brings vm_state and power_state in line, by compare and swap
/// with task_state null: a server that a flow works on is left to that flow. Returns what was changed and why, or an
/// empty text. Errors as of rpc::Caller::call.
std::string sync_power_state(Dependencies& d, const taskflow::TaskContext& context, const Server& server);

}  // namespace virga::compute::flows
