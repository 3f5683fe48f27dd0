#pragma once
#include <chrono>
#include <string>

namespace virga::test {

/// Path of the small bootable guest (qcow2) of the tests: VIRGA_GUEST_IMAGE, or build/guest of the source tree, where
/// it is built when it is missing.
std::string guest_image();

/// Waits until a growing file holds this text. False when `bound` has passed.
bool wait_for_text(const std::string& path, const std::string& text,
                   std::chrono::seconds bound = std::chrono::seconds(60));

}  // namespace virga::test
