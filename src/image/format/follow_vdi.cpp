#include "image/format/follow.hpp"
#include "image/format/recogniser.hpp"

namespace virga::image::format {
namespace {

constexpr std::string_view kName = "vdi";
constexpr std::uint64_t kBlock = 1U << 20;
constexpr std::uint64_t kEntryBytes = 4;
constexpr std::uint64_t kDiscarded = 0xfffffffe;  // and the one above: no block is there

}  // namespace

std::uint64_t follow_vdi(const TableFile& file) {
    const auto header = file.read(0, 512);
    const auto field = [&](std::size_t offset) { return required(little_endian(header, offset, 4), kName, "a field"); };
    const auto map = field(0x154);
    const auto data = field(0x158);
    const auto count = field(0x180);
    if (map > file.size() || count * kEntryBytes > file.size() - map)
        refuse(kName, "the block map lies outside the image");
    const auto all = file.size() > data ? file.size() - data : 0;
    Blocks blocks(kName, all, kBlock, 1);  // counted from the data's place on, behind header and map
    file.each_piece(map, count * kEntryBytes, [&](std::string_view piece, std::uint64_t) {
        for (std::size_t i = 0; i + kEntryBytes <= piece.size(); i += kEntryBytes) {
            const auto entry = required(little_endian(piece, i, kEntryBytes), kName, "the block map");
            if (entry < kDiscarded) blocks.add(entry, "a block");
        }
    });
    return blocks.check("a block");
}

}  // namespace virga::image::format
