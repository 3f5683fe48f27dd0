#include "compute/flows/failure_class.hpp"

#include "compute/settings.hpp"

namespace virga::compute::flows {

taskflow::Consequence never_elsewhere(taskflow::Consequence usual) {
    return usual == taskflow::Consequence::OtherHost ? taskflow::Consequence::Abort : usual;
}

bool will_reschedule(const taskflow::FlowContext<BootData>& context, const taskflow::Failure& failure,
                     const config::Config& config) {
    if (context.cancelled || failure.aborts()) return false;
    const auto attempts = config.get(setting::max_attempts);
    const auto failed = static_cast<std::int64_t>(context.data.excluded.size()) + 1;
    return failed < attempts && !context.data.alternates.empty();
}

}  // namespace virga::compute::flows
