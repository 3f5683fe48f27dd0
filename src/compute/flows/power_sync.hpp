#pragma once
#include "compute/flows/flows.hpp"

namespace virga::compute::flows {

/// Asks the host of a server for the guest's state now and brings vm_state and power_state in line, by compare and swap
/// with task_state null: a server that a flow works on is left to that flow. Returns what was changed and why, or an
/// empty text. Errors as of rpc::Caller::call.
std::string sync_power_state(Dependencies& d, const taskflow::TaskContext& context, const Server& server);

}  // namespace virga::compute::flows
