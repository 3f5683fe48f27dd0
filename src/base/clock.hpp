#pragma once
#include <cstdint>
#include <string>

namespace virga {

/// Microseconds since 1970 UTC: how every time is stored.
using TimestampUs = std::int64_t;

/// Never behind a time stamp that the kernel has put on a file; time(2) is, by up to a tick.
TimestampUs now_us();
/// "2026-11-23T02:24:29Z" (Nova, Glance, Neutron).
std::string iso8601(TimestampUs time);
/// "2026-11-23T02:24:29.000000" (Cinder; Nova's events and extended attributes).
std::string iso8601_us(TimestampUs time);
/// "2026-11-23T02:24:29.000000Z" (Keystone).
std::string iso8601_us_z(TimestampUs time);

/// Microseconds of a monotonic clock, for measuring durations.
std::int64_t monotonic_us();

}  // namespace virga
