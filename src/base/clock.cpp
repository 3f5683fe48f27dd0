#include "base/clock.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>

namespace virga {
namespace {

std::string format_seconds(TimestampUs time) {
    const std::time_t seconds = time / 1'000'000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char out[32];
    std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S", &parts);
    return out;
}

}  // namespace

TimestampUs now_us() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

std::string iso8601(TimestampUs time) {
    return format_seconds(time) + "Z";
}

std::string iso8601_us(TimestampUs time) {
    char fraction[16];
    std::snprintf(fraction, sizeof fraction, ".%06d", static_cast<int>(time % 1'000'000));
    return format_seconds(time) + fraction;
}

std::string iso8601_us_z(TimestampUs time) {
    return iso8601_us(time) + "Z";
}

std::int64_t monotonic_us() {
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace virga
