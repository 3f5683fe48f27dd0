#include "image/format/recogniser.hpp"

namespace virga::image::format {
namespace {

constexpr std::uint64_t kDynamic = 1;
constexpr std::uint64_t kStatic = 2;
constexpr std::uint64_t kVersion = 0x00010001;
constexpr std::uint64_t kSector = 512;
constexpr std::uint64_t kBlock = 1U << 20;

std::uint64_t field(const Sample& sample, std::size_t offset, std::size_t width, std::string_view what) {
    return required(little_endian(sample.head, offset, width), "vdi", what);
}

// QEMU reads the whole map when it opens the image, and takes no other sizes.
void check_map(const Sample& sample, std::uint64_t disk_bytes) {
    const auto map = field(sample, 0x154, 4, "the place of the block map");
    const auto data = field(sample, 0x158, 4, "the place of the data");
    const auto blocks = field(sample, 0x180, 4, "the number of blocks");
    if (field(sample, 0x168, 4, "the sector size") != kSector) refuse("vdi", "the sector size must be 512");
    if (field(sample, 0x178, 4, "the block size") != kBlock) refuse("vdi", "the block size must be 1 MiB");
    if (map < kSector || map % kSector != 0 || data % kSector != 0)
        refuse("vdi", "the block map and the data must begin at a sector behind the header");
    if (map > sample.size || blocks * 4 > sample.size - map) refuse("vdi", "the block map lies outside the image");
    if (data < map + blocks * 4) refuse("vdi", "the data overlap the block map");
    if (disk_bytes > blocks * kBlock) refuse("vdi", "the block map is too small for the virtual size");
}

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
    if (field(sample, 0x44, 4, "the version") != kVersion) refuse(name(), "only version 1.1 is supported");
    const auto bytes = checked_size(field(sample, 0x170, 8, "the size"), name());
    check_map(sample, static_cast<std::uint64_t>(bytes));
    return bytes;
}

}  // namespace virga::image::format
