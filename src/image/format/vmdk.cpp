#include <algorithm>
#include <cctype>

#include "image/format/recogniser.hpp"
#include "image/format/vmdk_descriptor.hpp"

namespace virga::image::format {
namespace {

constexpr std::string_view kSparse("KDMV");
constexpr std::string_view kEsxSparse("COWD");
constexpr std::uint64_t kAtEnd = ~0ULL;
constexpr std::size_t kSector = 512;
constexpr std::uint64_t kMostSectors = 1ULL << 53;
// QEMU looks for a parent in the text of these sectors, whatever the header says of the descriptor.
constexpr std::size_t kReadSectors = 20;
constexpr std::string_view kParentHint("parentfilenamehint");

// A descriptor that stands alone: comment and empty lines, then "version=". It names other files of the host.
bool is_plain_descriptor(std::string_view head) {
    auto text = head.substr(0, 8192);
    if (text.starts_with("# Disk DescriptorFile")) return true;
    while (!text.empty() && (text[0] == '#' || text[0] == '\n' || text[0] == '\r' || text[0] == ' ')) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return false;
        text.remove_prefix(end + 1);
    }
    return text.starts_with("version=");
}

struct Header {
    std::uint64_t version;
    std::uint64_t capacity;
    std::uint64_t grain_sectors;
    std::uint64_t descriptor_sector;
    std::uint64_t descriptor_sectors;
    std::uint64_t table_entries;  ///< of a grain table
    std::uint64_t grain_directory;
};

Header read_header(std::string_view data) {
    return {required(little_endian(data, 4, 4), "vmdk", "the version"),
            required(little_endian(data, 12, 8), "vmdk", "the capacity"),
            required(little_endian(data, 20, 8), "vmdk", "the grain size"),
            required(little_endian(data, 28, 8), "vmdk", "the descriptor offset"),
            required(little_endian(data, 36, 8), "vmdk", "the descriptor size"),
            required(little_endian(data, 44, 4), "vmdk", "the size of a grain table"),
            required(little_endian(data, 56, 8), "vmdk", "the grain directory offset")};
}

// The directory is read whole when the image is opened.
void check_directory(const Sample& sample, const Header& header) {
    constexpr std::uint64_t kMostGrain = 0x200000;
    constexpr std::uint64_t kMostEntries = 512;
    const auto grain = header.grain_sectors;
    if (grain == 0 || grain > kMostGrain || (grain & (grain - 1)) != 0)
        refuse("vmdk", "the grain size must be a power of two, at most 1 GiB");
    if (header.table_entries == 0 || header.table_entries > kMostEntries)
        refuse("vmdk", "a grain table must have 1 to 512 entries");
    if (header.capacity > kMostSectors) refuse("vmdk", "the virtual size is out of range");
    const auto sectors = grain * header.table_entries;
    const auto bytes = (header.capacity + sectors - 1) / sectors * 4;
    if (header.grain_directory > sample.size / kSector || bytes > sample.size - header.grain_directory * kSector)
        refuse("vmdk", "the grain directory lies outside the image");
}

// A reader that finds the grain directory "at the end" takes the footer for the header: it must say the same.
Header footer_of(const Sample& sample, const Header& header) {
    if (sample.size % kSector != 0) refuse("vmdk", "it doesn't end with a whole sector");
    if (sample.tail.size() < kTailBytes) refuse("vmdk", "the footer is missing");
    const auto footer_data = sample.tail.substr(sample.tail.size() - 2 * kSector, kSector);
    if (!has_bytes(footer_data, 0, kSparse)) refuse("vmdk", "the footer is missing");
    const auto footer = read_header(footer_data);
    const bool same = footer.version == header.version && footer.capacity == header.capacity &&
                      footer.grain_sectors == header.grain_sectors && footer.table_entries == header.table_entries &&
                      footer.descriptor_sector == header.descriptor_sector &&
                      footer.descriptor_sectors == header.descriptor_sectors;
    if (!same) refuse("vmdk", "the footer differs from the header");
    if (footer.grain_directory == kAtEnd) refuse("vmdk", "the footer points to another footer");
    return footer;
}

std::string_view descriptor_of(const Sample& sample, const Header& header) {
    if (header.descriptor_sectors == 0) refuse("vmdk", "it has no descriptor");
    if (header.descriptor_sector != 1) refuse("vmdk", "the descriptor must stand in sector 1, where readers look");
    if (header.descriptor_sectors > kReadSectors) refuse("vmdk", "the descriptor is too long");
    const auto length = static_cast<std::size_t>(header.descriptor_sectors) * kSector;
    if (sample.head.size() < kSector + length) refuse("vmdk", "the descriptor lies outside the image");
    const auto area = sample.head.substr(kSector, length);
    const auto end = area.find('\0');
    // Readers go on to the first NUL, so without one here they would see more than what is checked.
    if (end == std::string_view::npos) refuse("vmdk", "the descriptor is not terminated");
    if (area.find_first_not_of('\0', end) != std::string_view::npos)
        refuse("vmdk", "something stands behind the descriptor");
    return area.substr(0, end);
}

// As a reader does it: anywhere in the bytes, in comments and values, too.
void refuse_parent_hint(std::string_view area) {
    const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
    if (std::search(area.begin(), area.end(), kParentHint.begin(), kParentHint.end(), same) != area.end())
        refuse("vmdk", "it names a parent disk; merge it first");
}

}  // namespace

bool Vmdk::matches(const Sample& sample) const {
    if (is_plain_descriptor(sample.head)) return true;
    if (sample.head.size() < kSector) return false;
    return has_bytes(sample.head, 0, kSparse) || has_bytes(sample.head, 0, kEsxSparse);
}

std::optional<std::int64_t> Vmdk::check(const Sample& sample) const {
    if (!has_bytes(sample.head, 0, kSparse))
        refuse(name(), "only the subformats monolithicSparse and streamOptimized are supported");
    const auto header = read_header(sample.head);
    if (header.version < 1 || header.version > 3) refuse(name(), "only the versions 1 to 3 are supported");
    // With capacity 0 readers follow the extents that the descriptor names.
    if (header.capacity == 0) refuse(name(), "the capacity is zero");
    check_directory(sample, header.grain_directory == kAtEnd ? footer_of(sample, header) : header);
    refuse_parent_hint(sample.head.substr(0, (1 + kReadSectors) * kSector));
    check_vmdk_descriptor(descriptor_of(sample, header));
    return checked_size(header.capacity * kSector, name());
}

}  // namespace virga::image::format
