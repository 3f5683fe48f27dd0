#pragma once
#include <string>

#include "taskflow/flow.hpp"

namespace virga::compute::flows {

/// Writes the line of os-instance-actions that stands for a flow on a server.
void record_action(db::Transaction& tx, const std::string& action, const taskflow::FlowSpec& flow);

}  // namespace virga::compute::flows
