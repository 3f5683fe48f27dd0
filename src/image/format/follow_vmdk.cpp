#include "image/format/follow.hpp"
#include "image/format/recogniser.hpp"

namespace virga::image::format {
namespace {

constexpr std::string_view kName = "vmdk";
constexpr std::uint64_t kSector = 512;
constexpr std::uint64_t kEntryBytes = 4;
constexpr std::uint64_t kZeroGrainFlag = 4;
constexpr std::uint64_t kZeroGrain = 1;

std::uint64_t number(std::string_view data, std::size_t offset, std::size_t width) {
    return required(little_endian(data, offset, width), kName, "a table");
}

/// Header that readers take: one that finds the directory "at the end" means the footer.
std::string header_of(const TableFile& file) {
    auto header = file.read(0, kSector);
    if (number(header, 56, 8) != ~0ULL) return header;
    return file.size() < 3 * kSector ? std::string() : file.read(file.size() - 2 * kSector, kSector);
}

class Tables {
public:
    explicit Tables(const TableFile& file)
        : file_(file),
          header_(header_of(file)),
          grain_sectors_(number(header_, 20, 8)),
          entries_(number(header_, 44, 4)),
          has_zero_grains_((number(header_, 8, 4) & kZeroGrainFlag) != 0),
          is_compressed_(number(header_, 77, 2) == 1),
          tables_(kName, file.size(), kSector, (entries_ * kEntryBytes + kSector - 1) / kSector),
          grains_(kName, file.size(), kSector, grain_sectors_) {}

    std::uint64_t follow() {
        constexpr std::uint64_t kMostSectors = 1ULL << 53;
        constexpr std::uint64_t kMostGrain = 0x200000;
        constexpr std::uint64_t kMostEntries = 512;
        const auto capacity = number(header_, 12, 8);
        if (grain_sectors_ == 0 || grain_sectors_ > kMostGrain || entries_ == 0 || entries_ > kMostEntries ||
            capacity > kMostSectors)
            refuse(kName, "the sizes of the grain tables are out of range");
        const auto per_table = grain_sectors_ * entries_;
        const auto bytes = (capacity + per_table - 1) / per_table * kEntryBytes;
        const auto sector = number(header_, 56, 8);
        if (sector > file_.size() / kSector) refuse(kName, "the grain directory lies outside the image");
        for (auto* blocks : {&tables_, &grains_}) {
            blocks->keep(0, kSector, "the header");
            blocks->keep(sector * kSector, bytes, "the grain directory");
        }
        file_.each_piece(sector * kSector, bytes, [&](std::string_view piece, std::uint64_t) {
            for (std::size_t i = 0; i + kEntryBytes <= piece.size(); i += kEntryBytes)
                follow_table(number(piece, i, kEntryBytes));
        });
        tables_.check("a grain table");
        check_expansion(kName, expanded_, file_.size());
        return grains_.check("a grain") + expanded_;
    }

private:
    void follow_table(std::uint64_t sector) {
        if (sector == 0) return;
        tables_.add(sector, "a grain table");
        const auto table = file_.read(sector * kSector, entries_ * kEntryBytes);
        for (std::size_t i = 0; i + kEntryBytes <= table.size(); i += kEntryBytes)
            follow_grain(number(table, i, kEntryBytes));
    }

    void follow_grain(std::uint64_t sector) {
        if (sector == 0 || (has_zero_grains_ && sector == kZeroGrain)) return;
        if (is_compressed_) {
            expanded_ += grain_sectors_ * kSector;
        } else {
            grains_.add(sector, "a grain");
        }
    }

    const TableFile& file_;
    std::string header_;
    std::uint64_t grain_sectors_;
    std::uint64_t entries_;  ///< of a grain table
    bool has_zero_grains_;
    bool is_compressed_;
    Blocks tables_;
    Blocks grains_;
    std::uint64_t expanded_ = 0;
};

}  // namespace

std::uint64_t follow_vmdk(const TableFile& file) {
    return Tables(file).follow();
}

}  // namespace virga::image::format
