#include "image/format/recogniser.hpp"

namespace virga::image::format {

// ISO 9660 and UDF: the first volume descriptor follows 32 KiB of system area; its identifier stands at byte 1.
bool Iso::matches(const Sample& sample) const {
    constexpr std::size_t kSystemArea = 32 * 1024;
    constexpr std::size_t kDescriptor = 2048;
    if (sample.head.size() < kSystemArea + kDescriptor) return false;
    for (const std::string_view id : {"CD001", "NSR02", "NSR03"}) {
        if (has_bytes(sample.head, kSystemArea + 1, id)) return true;
    }
    return false;
}

// Used as a raw disk: its size is the file's, whatever the descriptor says.
std::optional<std::int64_t> Iso::check(const Sample& sample) const {
    return checked_size(sample.size, name());
}

}  // namespace virga::image::format
