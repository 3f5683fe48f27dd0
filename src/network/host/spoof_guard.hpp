#pragma once
#include <string>

#include "network/host/nftables.hpp"
#include "network/nic.hpp"

namespace virga::network::host {

/// Rules that let only frames through which the guest of this nic may send: its own MAC and addresses (and its port's
/// allowed address pairs) as the source of Ethernet, ARP, IP and neighbour advertisements, and the requests of a client
/// that has no address yet. Whatever is left is dropped, so also DHCP servers' answers, router advertisements, tagged
/// and foreign frames. Throws Error{InvalidInput} for a nic with something else than addresses in it.
DeviceFilter guard_of(const Nic& nic);

/// Keeps the guest from sending in the name of others: rules at the tap itself, before any bridge sees a frame. The tap
/// exists; rules that it has are replaced in one step.
void guard_tap(const Nic& nic);
void forget_guard(const std::string& tap);  ///< After the tap is gone; nothing happens without rules.
bool is_guarded(const std::string& tap);

}  // namespace virga::network::host
