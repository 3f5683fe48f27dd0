#include <algorithm>

#include "image/format/recogniser.hpp"

namespace virga::image::format {
namespace {

constexpr std::string_view kCookie("conectix");
constexpr std::size_t kFooter = 512;
constexpr std::size_t kChecksum = 64;

bool checksum_is_right(std::string_view footer) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < kFooter; ++i) {
        if (i < kChecksum || i >= kChecksum + 4) sum += static_cast<unsigned char>(footer[i]);
    }
    return big_endian(footer, kChecksum, 4) == static_cast<std::uint32_t>(~sum);
}

// Readers take the size from one of two fields, depending on which program wrote the image: the larger one counts. The
// greatest geometry only says that the size doesn't fit in one.
std::int64_t size_of(std::string_view footer) {
    const auto current = required(big_endian(footer, 48, 8), "vhd", "the size");
    const auto cylinders = required(big_endian(footer, 56, 2), "vhd", "the geometry");
    const auto heads = required(big_endian(footer, 58, 1), "vhd", "the geometry");
    const auto sectors = required(big_endian(footer, 59, 1), "vhd", "the geometry");
    if (cylinders == 65535 && heads == 16 && sectors == 255) return checked_size(current, "vhd");
    return checked_size(std::max(current, cylinders * heads * sectors * 512), "vhd");
}

std::string_view tail_footer(const Sample& sample) {
    return sample.tail.size() < kFooter ? std::string_view() : sample.tail.substr(sample.tail.size() - kFooter);
}

bool is_set(std::string_view bytes) {
    return bytes.find_first_not_of('\0') != std::string_view::npos;
}

// The header of a dynamic disk, which the footer points to.
std::string_view dynamic_header(std::string_view head) {
    constexpr std::size_t kHeader = 1024;
    const auto offset = required(big_endian(head, 16, 8), "vhd", "the place of the dynamic header");
    if (offset < kFooter || offset >= head.size() || head.size() - offset < kHeader)
        refuse("vhd", "the dynamic header must stand in the first 512 KiB, behind the footer's copy");
    const auto header = head.substr(static_cast<std::size_t>(offset), kHeader);
    if (!has_bytes(header, 0, "cxsparse")) refuse("vhd", "it has no dynamic header");
    return header;
}

// It has the parent's UUID and the places of its names.
bool names_parent(std::string_view header) {
    constexpr std::size_t kUuid = 40;
    constexpr std::size_t kUuidBytes = 16;
    constexpr std::size_t kLocators = 576;
    constexpr std::size_t kLocatorBytes = 8 * 24;
    return is_set(header.substr(kUuid, kUuidBytes)) || is_set(header.substr(kLocators, kLocatorBytes));
}

// The table is read whole when the image is opened.
void check_table(const Sample& sample, std::string_view header, std::uint64_t disk_bytes) {
    constexpr std::uint64_t kLeastBlock = 512;
    constexpr std::uint64_t kMostBlock = 256U << 20;
    const auto table = required(big_endian(header, 16, 8), "vhd", "the place of the block table");
    const auto entries = required(big_endian(header, 28, 4), "vhd", "the length of the block table");
    const auto block = required(big_endian(header, 32, 4), "vhd", "the block size");
    if (block < kLeastBlock || block > kMostBlock || (block & (block - 1)) != 0)
        refuse("vhd", "the block size must be a power of two, 512 bytes to 256 MiB");
    if (table < kFooter || table > sample.size || entries * 4 > sample.size - table)
        refuse("vhd", "the block table lies outside the image");
    if (table % kFooter != 0) refuse("vhd", "the block table doesn't begin at a sector");
    if (entries * block < disk_bytes) refuse("vhd", "the block table is too small for the virtual size");
}

}  // namespace

bool Vhd::is_fixed(const Sample& sample) {
    constexpr std::uint64_t kFixed = 2;
    const auto footer = tail_footer(sample);
    if (footer.empty() || !has_bytes(footer, 0, kCookie) || big_endian(footer, 60, 4) != kFixed) return false;
    return big_endian(footer, 48, 8) == sample.size - kFooter && checksum_is_right(footer);
}

bool Vhd::matches(const Sample& sample) const {
    if (sample.head.size() < kFooter) return false;
    return has_bytes(sample.head, 0, kCookie) || is_fixed(sample);
}

std::optional<std::int64_t> Vhd::check(const Sample& sample) const {
    constexpr std::uint64_t kDynamic = 3;
    constexpr std::uint64_t kDifferencing = 4;
    const bool dynamic = has_bytes(sample.head, 0, kCookie);
    const auto tail = tail_footer(sample);
    const auto footer = dynamic ? sample.head.substr(0, kFooter) : tail;
    // Readers may take either copy.
    const bool has_parent = big_endian(footer, 60, 4) == kDifferencing ||
                            (has_bytes(tail, 0, kCookie) && big_endian(tail, 60, 4) == kDifferencing);
    if (has_parent) refuse(name(), "it has a parent disk; merge it first");
    const auto bytes = size_of(footer);
    if (!dynamic) return bytes;
    if (big_endian(footer, 60, 4) != kDynamic) refuse(name(), "only fixed and dynamic disks are supported");
    const auto header = dynamic_header(sample.head);
    if (names_parent(header)) refuse(name(), "it has a parent disk; merge it first");
    check_table(sample, header, static_cast<std::uint64_t>(bytes));
    return bytes;
}

}  // namespace virga::image::format
