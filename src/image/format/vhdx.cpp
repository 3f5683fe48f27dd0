#include <algorithm>

#include "image/format/recogniser.hpp"
#include "image/format/vhdx_layout.hpp"

namespace virga::image::format {
namespace {

using namespace vhdx;

constexpr std::uint64_t kHasParent = 2;

std::optional<Range> region_in(std::string_view table) {
    if (!has_bytes(table, 0, "regi")) return std::nullopt;
    const auto count = std::min(little_endian(table, 8, 4).value_or(0), kMaxEntries);
    for (std::size_t i = 0; i < count; ++i) {
        const auto entry = 16 + i * kEntryBytes;
        if (!has_bytes(table, entry, kMetadataRegion)) continue;
        const auto offset = little_endian(table, entry + 16, 8);
        if (offset) return Range{*offset, kExtraBytes};
    }
    return std::nullopt;
}

bool has_item(std::string_view metadata, std::string_view guid) {
    return item_offset(metadata, guid).has_value();
}

// A header with a log: what the log has is still to be written over the rest when the image is opened.
void refuse_log(std::string_view head) {
    constexpr std::size_t kHeaders[] = {64 * 1024, 128 * 1024};
    constexpr std::size_t kLogId = 48;
    constexpr std::size_t kIdBytes = 16;
    for (const auto offset : kHeaders) {
        if (!has_bytes(head, offset, "head")) continue;
        if (head.substr(offset).substr(kLogId, kIdBytes).find_first_not_of('\0') != std::string_view::npos)
            refuse("vhdx", "it was not closed properly (its log is in use); convert it first");
    }
}

void check_block(std::uint64_t bytes) {
    constexpr std::uint64_t kLeast = 1U << 20;
    constexpr std::uint64_t kMost = 256U << 20;
    if (bytes < kLeast || bytes > kMost || (bytes & (bytes - 1)) != 0)
        refuse("vhdx", "the block size must be a power of two, 1 to 256 MiB");
}

}  // namespace

// Which of two a reader takes is its own affair.
std::optional<std::uint64_t> vhdx::item_offset(std::string_view metadata, std::string_view guid) {
    if (!has_bytes(metadata, 0, "metadata")) return std::nullopt;
    const auto count = std::min(little_endian(metadata, 10, 2).value_or(0), kMaxEntries);
    std::optional<std::uint64_t> found;
    for (std::size_t i = 0; i < count; ++i) {
        const auto entry = 32 + i * kEntryBytes;
        if (!has_bytes(metadata, entry, guid)) continue;
        if (found) refuse("vhdx", "the metadata have an item twice");
        found = little_endian(metadata, entry + 16, 4);
    }
    return found;
}

std::optional<Range> Vhdx::metadata_range(std::string_view head) {
    if (!has_bytes(head, 0, "vhdxfile")) return std::nullopt;
    std::optional<Range> range;
    for (const auto offset : kRegionTables) {
        if (offset >= head.size()) break;
        const auto found = region_in(head.substr(offset, 64 * 1024));
        // Which copy a reader takes is its own affair, so they must agree.
        if (range && found && found->offset != range->offset) return std::nullopt;
        if (found) range = found;
    }
    return range;
}

bool Vhdx::matches(const Sample& sample) const {
    return sample.head.size() >= 512 && has_bytes(sample.head, 0, "vhdxfile");
}

std::optional<std::int64_t> Vhdx::check(const Sample& sample) const {
    refuse_log(sample.head);
    // The items stand 64 KiB after the table at the earliest, so the range that is kept starts with the table and the
    // items follow it in the second half.
    if (has_item(sample.extra, kParentLocator)) refuse(name(), "it has a parent disk; merge it first");
    const auto parameters = required(item_offset(sample.extra, kFileParameters), name(), "the metadata");
    check_block(
        required(little_endian(sample.extra, static_cast<std::size_t>(parameters), 4), name(), "the block size"));
    const auto bits = little_endian(sample.extra, static_cast<std::size_t>(parameters) + 4, 4);
    if ((required(bits, name(), "the parameters") & kHasParent) != 0)
        refuse(name(), "it has a parent disk; merge it first");
    const auto size = required(item_offset(sample.extra, kVirtualDiskSize), name(), "the size");
    const auto bytes = little_endian(sample.extra, static_cast<std::size_t>(size), 8);
    return checked_size(required(bytes, name(), "the size"), name());
}

}  // namespace virga::image::format
