#include "image/format/recogniser.hpp"

namespace virga::image::format {

bool Vdi::matches(const Sample& sample) const {
    constexpr std::uint64_t kSignature = 0xbeda107f;
    return sample.head.size() >= 512 && little_endian(sample.head, 0x40, 4) == kSignature;
}

std::optional<std::int64_t> Vdi::check(const Sample& sample) const {
    return checked_size(required(little_endian(sample.head, 0x170, 8), name(), "the size"), name());
}

}  // namespace virga::image::format
