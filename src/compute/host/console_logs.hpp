#pragma once
#include <cstdint>
#include <string>

namespace virga::compute::host {

/// Frees all but the last `kept_bytes` of a log once it holds twice as much. The emulator goes on writing where it is:
/// what is cut becomes a hole, so nothing that it writes meanwhile is lost, and positions stay as they are. Returns
/// what was freed. A log that is missing, or on a file system without holes, is left alone.
std::int64_t bound_log(const std::string& path, std::int64_t kept_bytes);

/// bound_log() for the console log of each server below `instances`.
void bound_console_logs(const std::string& instances, std::int64_t kept_bytes);

}  // namespace virga::compute::host
