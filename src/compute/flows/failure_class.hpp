#pragma once
#include "config/config.hpp"
#include "taskflow/flow.hpp"

/// Which failures of a build are worth another host (boot-semantics 7, failure classes).
namespace virga::compute::flows {

/// Class (a) and (b): the server is gone, or the request itself can't be built anywhere: no reschedule. Every failure
/// of a block device is of this class, whatever its code.
bool aborts_build(const taskflow::Failure& failure);

/// Whether conductor.schedule will send the build to another host: the failure is of class (c), and neither attempts
/// nor alternates are used up. All reverts of one failed pass get the same answer.
bool will_reschedule(const taskflow::TaskContext& context, const taskflow::Failure& failure,
                     const config::Config& config);

}  // namespace virga::compute::flows
