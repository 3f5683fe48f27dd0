#include <algorithm>
#include <optional>

#include "image/format/follow.hpp"
#include "image/format/recogniser.hpp"
#include "image/format/vhdx_layout.hpp"

namespace virga::image::format {
namespace {

using namespace vhdx;

constexpr std::string_view kName = "vhdx";
constexpr std::uint64_t kBatEntryBytes = 8;

std::uint64_t number(std::string_view data, std::size_t offset, std::size_t width) {
    return required(little_endian(data, offset, width), kName, "a table");
}

struct Regions {
    Range bat;
    Range metadata;
};

void put(Range& region, std::string_view table, std::size_t entry) {
    if (region.length != 0) refuse(kName, "the region table has a region twice");
    region = {number(table, entry + 16, 8), number(table, entry + 24, 4)};
    if (region.offset % kUnit != 0 || region.offset < kUnit || region.length == 0)
        refuse(kName, "a region must begin at a MiB behind the first");
}

Regions read_regions(std::string_view table) {
    const auto count = number(table, 8, 4);
    if (count > kMaxEntries) refuse(kName, "the region table has more than 2047 entries");
    Regions regions;
    for (std::size_t i = 0; i < count; ++i) {
        const auto entry = 16 + i * kEntryBytes;
        if (has_bytes(table, entry, kBatRegion)) {
            put(regions.bat, table, entry);
        } else if (has_bytes(table, entry, kMetadataRegion)) {
            put(regions.metadata, table, entry);
        } else if (number(table, entry + 28, 4) != 0) {
            refuse(kName, "it needs a region that isn't known");
        }
    }
    if (regions.bat.length == 0 || regions.metadata.length == 0)
        refuse(kName, "the region table has no block table or no metadata");
    return regions;
}

// Which copy a reader takes is its own affair, so they must agree.
Regions regions_of(const TableFile& file) {
    std::optional<std::string> table;
    for (const auto offset : kRegionTables) {
        auto copy = file.read(offset, kTableBytes);
        if (!has_bytes(copy, 0, "regi")) continue;
        if (table && *table != copy) refuse(kName, "the two region tables differ");
        table = std::move(copy);
    }
    if (!table) refuse(kName, "it has no region table");
    return read_regions(*table);
}

struct Disk {
    std::uint64_t bytes;
    std::uint64_t block_bytes;
    std::uint64_t sector_bytes;
};

std::uint64_t item(std::string_view metadata, std::string_view guid, std::size_t width, std::string_view what) {
    const auto offset = required(item_offset(metadata, guid), kName, what);
    if (offset < kTableBytes) refuse(kName, std::string(what) + " stands in the table of the metadata");
    return required(little_endian(metadata, static_cast<std::size_t>(offset), width), kName, what);
}

Disk disk_of(const TableFile& file, const Range& region) {
    const auto metadata = file.read(region.offset, std::min<std::uint64_t>(region.length, kExtraBytes));
    if (number(metadata, 10, 2) > kMaxEntries) refuse(kName, "the metadata have more than 2047 entries");
    const Disk disk{item(metadata, kVirtualDiskSize, 8, "the size"),
                    item(metadata, kFileParameters, 4, "the block size"),
                    item(metadata, kLogicalSectorSize, 4, "the sector size")};
    constexpr std::uint64_t kMostBlock = 256U << 20;
    if (disk.block_bytes < kUnit || disk.block_bytes > kMostBlock || (disk.block_bytes & (disk.block_bytes - 1)) != 0)
        refuse(kName, "the block size must be a power of two, 1 to 256 MiB");
    if (disk.sector_bytes != 512 && disk.sector_bytes != 4096) refuse(kName, "the sector size must be 512 or 4096");
    checked_size(disk.bytes, kName);
    if (disk.bytes == 0 || disk.bytes % disk.sector_bytes != 0)
        refuse(kName, "the size must be a multiple of the sector size, and not 0");
    return disk;
}

}  // namespace

std::uint64_t follow_vhdx(const TableFile& file) {
    constexpr std::uint64_t kStateMask = 7;
    constexpr std::uint64_t kPresent = 6;
    constexpr std::uint64_t kPartly = 7;  // the rest is in a parent
    const auto regions = regions_of(file);
    const auto disk = disk_of(file, regions.metadata);
    Blocks blocks(kName, file.size(), kUnit, disk.block_bytes / kUnit);
    blocks.keep(0, kUnit, "the header");
    blocks.keep(regions.metadata.offset, regions.metadata.length, "the metadata");
    blocks.keep(regions.bat.offset, regions.bat.length, "the block table");
    // After so many blocks the table has an entry for the bitmap of their sectors, which only a disk with a parent
    // uses.
    const auto chunk = (disk.sector_bytes << 23U) / disk.block_bytes;
    const auto count = (disk.bytes + disk.block_bytes - 1) / disk.block_bytes;
    const auto bytes = (count + (count - 1) / chunk) * kBatEntryBytes;
    if (bytes > regions.bat.length) refuse(kName, "the block table is too small for the virtual size");
    file.each_piece(regions.bat.offset, bytes, [&](std::string_view piece, std::uint64_t before) {
        for (std::size_t i = 0; i + kBatEntryBytes <= piece.size(); i += kBatEntryBytes) {
            if (((before + i) / kBatEntryBytes + 1) % (chunk + 1) == 0) continue;
            const auto entry = number(piece, i, kBatEntryBytes);
            if ((entry & kStateMask) == kPartly) refuse(kName, "it has a parent disk; merge it first");
            if ((entry & kStateMask) == kPresent) blocks.add(entry / kUnit, "a block");
        }
    });
    return blocks.check("a block");
}

}  // namespace virga::image::format
