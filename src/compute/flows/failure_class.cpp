#include "compute/flows/failure_class.hpp"

#include <algorithm>

#include "compute/settings.hpp"

namespace virga::compute::flows {

bool aborts_build(const taskflow::Failure& failure) {
    if (failure.task.starts_with("virt.block_device.")) return true;
    switch (failure.code) {
        case ErrorCode::InvalidInput:
        case ErrorCode::QuotaExceeded:
        case ErrorCode::TooLarge:
        case ErrorCode::Conflict:
        case ErrorCode::NotFound:
        case ErrorCode::Cancelled:
        case ErrorCode::Corrupt:
        case ErrorCode::Forbidden:
        case ErrorCode::Unauthenticated:
            return true;
        case ErrorCode::NotSupported:
        case ErrorCode::NoSpace:
        case ErrorCode::Busy:
        case ErrorCode::Unavailable:
        case ErrorCode::Timeout:
        case ErrorCode::Internal:
            return false;
    }
    return true;
}

bool will_reschedule(const taskflow::TaskContext& context, const taskflow::Failure& failure,
                     const config::Config& config) {
    if (context.cancelled || aborts_build(failure) || failure.task == "conductor.schedule") return false;
    const auto attempts = std::max<std::int64_t>(config.get(setting::max_attempts), 1);
    const auto failed = static_cast<std::int64_t>(get_array(context.data, "excluded").size()) + 1;
    return failed < attempts && !get_array(context.data, "alternates").empty();
}

}  // namespace virga::compute::flows
