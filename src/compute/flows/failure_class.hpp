#pragma once
#include "compute/flows/flow_data.hpp"
#include "config/config.hpp"
#include "taskflow/flow.hpp"

/// Which failures of a build are worth another host (block-devices.md 7, failure classes).
namespace virga::compute::flows {

/// For tasks whose failure no other host can mend: class (b), whatever the code.
taskflow::Consequence never_elsewhere(taskflow::Consequence usual);

/// Whether conductor.schedule will send the build to another host: the failure says that one may do it, and neither
/// attempts nor alternates are used up. All reverts of one failed pass get the same answer.
bool will_reschedule(const taskflow::FlowContext<BootData>& context, const taskflow::Failure& failure,
                     const config::Config& config);

}  // namespace virga::compute::flows
