#include "image/format/recogniser.hpp"

namespace virga::image::format {

bool Luks::matches(const Sample& sample) const {
    constexpr std::string_view kMagic("LUKS\xba\xbe", 6);
    constexpr std::size_t kHeader = 592;
    return sample.head.size() >= kHeader && has_bytes(sample.head, 0, kMagic);
}

std::optional<std::int64_t> Luks::check(const Sample& sample) const {
    if (required(big_endian(sample.head, 6, 2), name(), "the version") != 1)
        refuse(name(), "only version 1 is supported");
    const auto payload = required(big_endian(sample.head, 104, 4), name(), "the payload offset") * 512;
    if (payload > sample.size) refuse(name(), "the payload lies outside the image");
    return checked_size(sample.size - payload, name());
}

}  // namespace virga::image::format
