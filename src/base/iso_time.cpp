#include "base/iso_time.hpp"

#include <ctime>

namespace virga {
namespace {

constexpr TimestampUs kSecond = 1'000'000;

/// Takes the text apart from left to right.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }
    bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
    bool take(char c) {
        if (!next_is(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    /// A number of just as many digits, within [min, max].
    bool number(std::size_t digits, int min, int max, int& out) {
        if (rest_.size() < digits) return false;
        out = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') return false;
            out = out * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(digits);
        return out >= min && out <= max;
    }
    /// Up to nine digits, of which six count.
    bool fraction(TimestampUs& out) {
        constexpr std::size_t kCounted = 6;
        constexpr std::size_t kMost = 9;
        out = 0;
        std::size_t digits = 0;
        for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; rest_.remove_prefix(1), ++digits) {
            if (digits < kCounted) out = out * 10 + (rest_.front() - '0');
        }
        for (auto i = digits; i < kCounted; ++i) out *= 10;
        return digits > 0 && digits <= kMost;
    }

private:
    std::string_view rest_;
};

bool read_date(Reader& in, std::tm& parts) {
    if (!in.number(4, 1, 9999, parts.tm_year) || !in.take('-') || !in.number(2, 1, 12, parts.tm_mon) || !in.take('-') ||
        !in.number(2, 1, 31, parts.tm_mday)) {
        return false;
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return true;
}

bool read_clock(Reader& in, std::tm& parts, TimestampUs& fraction) {
    if (!in.take('T') && !in.take('t') && !in.take(' ')) return false;
    if (!in.number(2, 0, 23, parts.tm_hour) || !in.take(':') || !in.number(2, 0, 59, parts.tm_min)) return false;
    if (!in.take(':')) return true;
    if (!in.number(2, 0, 60, parts.tm_sec)) return false;
    return !in.take('.') || in.fraction(fraction);
}

bool read_offset(Reader& in, TimestampUs& offset) {
    if (in.at_end() || in.take('Z') || in.take('z')) return in.at_end();
    const bool is_behind = in.take('-');
    if (!is_behind && !in.take('+') && !in.take(' ')) return false;
    int hours = 0;
    int minutes = 0;
    if (!in.number(2, 0, 23, hours)) return false;
    if (!in.at_end()) {
        in.take(':');
        if (!in.number(2, 0, 59, minutes)) return false;
    }
    offset = (hours * 60LL + minutes) * 60 * kSecond * (is_behind ? -1 : 1);
    return in.at_end();
}

}  // namespace

std::optional<TimestampUs> parse_iso_time(std::string_view text) {
    Reader in(text);
    std::tm parts{};
    TimestampUs fraction = 0;
    TimestampUs offset = 0;
    if (!read_date(in, parts)) return std::nullopt;
    const int day = parts.tm_mday;
    if (!in.at_end() && (!read_clock(in, parts, fraction) || !read_offset(in, offset))) return std::nullopt;
    // timegm() makes the 2nd of March of the 30th of February; noon keeps a leap second out of it.
    std::tm noon{.tm_hour = 12, .tm_mday = day, .tm_mon = parts.tm_mon, .tm_year = parts.tm_year};
    ::timegm(&noon);
    if (noon.tm_mday != day) return std::nullopt;
    const auto seconds = static_cast<TimestampUs>(::timegm(&parts));
    return seconds * kSecond + fraction - offset;
}

}  // namespace virga
