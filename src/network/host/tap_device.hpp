#pragma once
#include <string>

namespace virga::network::host {

/// Makes a persistent tap; nothing happens when it is there, also when a guest has it open. Errors: Forbidden without
/// the privilege, Unavailable without /dev/net/tun.
void create_tap(const std::string& name);

}  // namespace virga::network::host
