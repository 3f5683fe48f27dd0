#include "base/clock.hpp"

#include <chrono>
#include <string>

namespace virga {
namespace {

void put(std::string& out, unsigned value, std::size_t digits, char end) {
    const auto start = out.size();
    out.append(digits, '0');
    for (auto at = out.size(); at > start; value /= 10) out[--at] = static_cast<char>('0' + value % 10);
    if (end != 0) out += end;
}

/// By hand: strftime() and gmtime_r() ask for locale and time zone each time, under a lock. Years have four digits.
std::string format_seconds(TimestampUs time) {
    using namespace std::chrono;
    const sys_seconds point{seconds(time / 1'000'000)};
    const auto day = floor<days>(point);
    const year_month_day date(day);
    const hh_mm_ss<seconds> clock(point - day);
    constexpr std::size_t kLongest = sizeof "2026-11-23T02:24:29.123456Z";
    std::string out;
    out.reserve(kLongest);
    put(out, static_cast<unsigned>(static_cast<int>(date.year())), 4, '-');
    put(out, static_cast<unsigned>(date.month()), 2, '-');
    put(out, static_cast<unsigned>(date.day()), 2, 'T');
    put(out, static_cast<unsigned>(clock.hours().count()), 2, ':');
    put(out, static_cast<unsigned>(clock.minutes().count()), 2, ':');
    put(out, static_cast<unsigned>(clock.seconds().count()), 2, 0);
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
    auto out = format_seconds(time) + '.';
    put(out, static_cast<unsigned>(time % 1'000'000), 6, 0);
    return out;
}

std::string iso8601_us_z(TimestampUs time) {
    return iso8601_us(time) + "Z";
}

std::int64_t monotonic_us() {
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace virga
