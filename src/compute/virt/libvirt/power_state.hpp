#pragma once
#include <optional>

namespace virga::compute::virt::libvirt {

/// Nova's number of a virDomainState.
int power_state_of(int domain_state);
/// Nova's number after a lifecycle event; nullopt for events that don't change it (defined, undefined).
std::optional<int> power_state_after(int lifecycle_event);

}  // namespace virga::compute::virt::libvirt
