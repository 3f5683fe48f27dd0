#include "compute/virt/uid_range.hpp"

#include <charconv>

namespace virga::compute::virt {

std::optional<UidRange> UidRange::parse(std::string_view text) {
    constexpr uid_t kMax = 4'000'000'000;  // the highest numbers mean "none"
    UidRange range;
    const char* end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, range.first);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return std::nullopt;
    const auto last = std::from_chars(first.ptr + 1, end, range.last);
    if (last.ec != std::errc() || last.ptr != end) return std::nullopt;
    if (range.first == 0 || range.first > range.last || range.last > kMax) return std::nullopt;
    return range;
}

bool is_uid_range_or_empty(std::string_view text) {
    return text.empty() || UidRange::parse(text).has_value();
}

}  // namespace virga::compute::virt
