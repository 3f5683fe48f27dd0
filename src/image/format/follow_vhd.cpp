#include "image/format/follow.hpp"
#include "image/format/recogniser.hpp"

namespace virga::image::format {
namespace {

constexpr std::string_view kName = "vhd";
constexpr std::uint64_t kSector = 512;
constexpr std::uint64_t kHeader = 1024;
constexpr std::uint64_t kEntryBytes = 4;
constexpr std::uint64_t kUnused = 0xffffffff;

}  // namespace

std::uint64_t follow_vhd(const TableFile& file) {
    const auto footer = file.read(0, kSector);
    if (!has_bytes(footer, 0, "conectix")) return 0;  // a fixed disk has no table
    const auto at = required(big_endian(footer, 16, 8), kName, "the place of the dynamic header");
    const auto header = file.read(at, kHeader);
    const auto field = [&](std::size_t offset, std::size_t width) {
        return required(big_endian(header, offset, width), kName, "the dynamic header");
    };
    const auto table = field(16, 8);
    const auto bytes = field(28, 4) * kEntryBytes;
    const auto block = field(32, 4);
    // In front of each block a bitmap has one bit for each of its sectors.
    const auto bitmap_sectors = (block / kSector / 8 + kSector - 1) / kSector;
    const auto sectors = block / kSector + bitmap_sectors;
    if (sectors == 0) refuse(kName, "the block size must be a power of two, 512 bytes to 256 MiB");
    Blocks blocks(kName, file.size(), kSector, sectors);
    blocks.keep(0, kSector, "the footer");
    blocks.keep(at, kHeader, "the dynamic header");
    blocks.keep(table, bytes, "the block table");
    file.each_piece(table, bytes, [&](std::string_view piece, std::uint64_t) {
        for (std::size_t i = 0; i + kEntryBytes <= piece.size(); i += kEntryBytes) {
            const auto entry = required(big_endian(piece, i, kEntryBytes), kName, "the block table");
            if (entry != kUnused) blocks.add(entry, "a block");
        }
    });
    return blocks.check("a block");
}

}  // namespace virga::image::format
