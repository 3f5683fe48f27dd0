#include "image/format/recogniser.hpp"

namespace virga::image::format {

bool Qed::matches(const Sample& sample) const {
    constexpr std::string_view kMagic("QED\0", 4);
    return sample.head.size() >= 64 && has_bytes(sample.head, 0, kMagic);
}

std::optional<std::int64_t> Qed::check(const Sample&) const {
    refuse(name(), "this format is not supported");
}

}  // namespace virga::image::format
