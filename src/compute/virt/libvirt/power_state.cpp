#include "compute/virt/libvirt/power_state.hpp"

#include <libvirt/libvirt.h>

#include "compute/model/server.hpp"

namespace virga::compute::virt::libvirt {

int power_state_of(int domain_state) {
    switch (domain_state) {
        case VIR_DOMAIN_RUNNING:
        case VIR_DOMAIN_BLOCKED:
            return static_cast<int>(PowerState::Running);
        case VIR_DOMAIN_PAUSED:
            return static_cast<int>(PowerState::Paused);
        case VIR_DOMAIN_SHUTDOWN:
        case VIR_DOMAIN_SHUTOFF:
            return static_cast<int>(PowerState::Shutdown);
        case VIR_DOMAIN_CRASHED:
            return static_cast<int>(PowerState::Crashed);
        case VIR_DOMAIN_PMSUSPENDED:
            return static_cast<int>(PowerState::Suspended);
        default:
            return static_cast<int>(PowerState::NoState);
    }
}

std::optional<int> power_state_after(int lifecycle_event) {
    switch (lifecycle_event) {
        case VIR_DOMAIN_EVENT_STARTED:
        case VIR_DOMAIN_EVENT_RESUMED:
            return static_cast<int>(PowerState::Running);
        case VIR_DOMAIN_EVENT_SUSPENDED:
            return static_cast<int>(PowerState::Paused);
        case VIR_DOMAIN_EVENT_STOPPED:
            return static_cast<int>(PowerState::Shutdown);
        case VIR_DOMAIN_EVENT_CRASHED:
            return static_cast<int>(PowerState::Crashed);
        case VIR_DOMAIN_EVENT_PMSUSPENDED:
            return static_cast<int>(PowerState::Suspended);
        default:
            return std::nullopt;
    }
}

}  // namespace virga::compute::virt::libvirt
