#pragma once
#include <cstdint>
#include <string_view>

namespace virga::image {

struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;  ///< included
};

enum class RangeKind { Whole, Part, Unsatisfiable };
struct RangeRequest {
    RangeKind kind = RangeKind::Whole;
    ByteRange range{};
};

/// Reads a Range header for data of `size` bytes: one range of bytes ("bytes=10-19", "bytes=10-", "bytes=-5"), cut at
/// the end of the data. What can't be read is unsatisfiable, as in Glance. Throws Error{InvalidInput} for several
/// ranges.
RangeRequest parse_range(std::string_view header, std::uint64_t size);

}  // namespace virga::image
