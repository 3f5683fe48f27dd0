#pragma once
#include <chrono>

namespace virga::test {

/// From now on the wall clock of this process is wrong by this much.
void shift_clock(std::chrono::seconds by);

}  // namespace virga::test
