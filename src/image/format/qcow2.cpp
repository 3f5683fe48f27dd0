#include "image/format/recogniser.hpp"

namespace virga::image::format {
namespace {

constexpr std::string_view kMagic("QFI\xfb", 4);
constexpr std::size_t kHeaderV2 = 72;
constexpr std::size_t kHeaderV3 = 104;
constexpr std::uint64_t kExternalDataFile = 1U << 2;
constexpr std::uint64_t kKnownFeatures = 0xf;  // dirty, corrupt, external data file, compression type

}  // namespace

bool Qcow2::matches(const Sample& sample) const {
    return sample.head.size() >= kHeaderV2 && has_bytes(sample.head, 0, kMagic);
}

std::optional<std::int64_t> Qcow2::check(const Sample& sample) const {
    const auto head = sample.head;
    const auto version = required(big_endian(head, 4, 4), name(), "the version");
    if (version != 2 && version != 3) refuse(name(), "only version 2 and 3 are supported");
    if (required(big_endian(head, 8, 8), name(), "the backing file offset") != 0)
        refuse(name(), "it has a backing file; flatten it first");
    if (required(big_endian(head, 32, 4), name(), "the encryption method") != 0) refuse(name(), "it is encrypted");
    if (version == 3) {
        if (head.size() < kHeaderV3) refuse(name(), "the header is cut off");
        const auto features = required(big_endian(head, 72, 8), name(), "the feature bits");
        if ((features & kExternalDataFile) != 0) refuse(name(), "it has an external data file");
        if ((features & ~kKnownFeatures) != 0) refuse(name(), "it uses unknown incompatible features");
    }
    return checked_size(required(big_endian(head, 24, 8), name(), "the size"), name());
}

}  // namespace virga::image::format
