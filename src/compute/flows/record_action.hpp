#pragma once
#include <string>

#include "identity/service.hpp"
#include "taskflow/flow.hpp"

namespace virga::compute::flows {

/// Writes the line of os-instance-actions that stands for a flow on a server.
void record_action(db::Transaction& tx, const std::string& action, const taskflow::FlowSpec& flow);

/// The same for what is done at once, without a flow.
void record_action(db::Transaction& tx, const std::string& action, const identity::Auth& auth, const ServerId& server);

}  // namespace virga::compute::flows
