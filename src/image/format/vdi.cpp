#include "image/format/recogniser.hpp"

namespace virga::image::format {
namespace {

constexpr std::uint64_t kDynamic = 1;
constexpr std::uint64_t kStatic = 2;

}  // namespace

bool Vdi::matches(const Sample& sample) const {
    constexpr std::uint64_t kSignature = 0xbeda107f;
    return sample.head.size() >= 512 && little_endian(sample.head, 0x40, 4) == kSignature;
}

std::optional<std::int64_t> Vdi::check(const Sample& sample) const {
    constexpr std::size_t kLinkToParent = 0x1a8;  // the UUIDs of a parent and of its last change
    constexpr std::size_t kLinkBytes = 32;
    const auto type = required(little_endian(sample.head, 0x4c, 4), name(), "the type");
    if (type != kDynamic && type != kStatic) refuse(name(), "only dynamic and static images are supported");
    const auto link = sample.head.substr(kLinkToParent, kLinkBytes);
    if (link.find_first_not_of('\0') != std::string_view::npos) refuse(name(), "it has a parent disk; merge it first");
    return checked_size(required(little_endian(sample.head, 0x170, 8), name(), "the size"), name());
}

}  // namespace virga::image::format
