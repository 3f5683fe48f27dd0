#pragma once
#include <string_view>

namespace virga::test {

/// A process of its own which opens a hypervisor, so that a test can end it and see the next one find the guests:
/// `--restart-child DRIVER STATE_DIR spawn|list|destroy SERVER_ID DISK`. Prints what it found.
inline constexpr std::string_view kRestartChild = "--restart-child";
int restart_child(int argc, char** argv);

}  // namespace virga::test
