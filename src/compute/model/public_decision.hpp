#pragma once
#include <string>

#include "taskflow/flow.hpp"

namespace virga::compute {

/// What the owner of a server may read of a task's decision: all of it for tasks that decide about his request, nothing
/// for those whose sentences name hosts, files or free memory.
std::string public_decision(const taskflow::TaskRun& run);

}  // namespace virga::compute
