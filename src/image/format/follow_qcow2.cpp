#include <algorithm>

#include "image/format/follow.hpp"
#include "image/format/recogniser.hpp"

namespace virga::image::format {
namespace {

constexpr std::string_view kName = "qcow2";
constexpr std::uint64_t kPlace = 0x00fffffffffffe00;  // of an entry: where what it stands for lies
constexpr std::uint64_t kCompressed = 1ULL << 62;
constexpr std::uint64_t kZero = 1;
constexpr std::uint64_t kEntryBytes = 8;
constexpr std::uint64_t kMaxL1Bytes = 32U << 20;

std::uint64_t number(std::string_view data, std::size_t offset, std::size_t width) {
    return required(big_endian(data, offset, width), kName, "a table");
}

/// The tables of the disk as it is now. Those of internal snapshots share clusters with it, and nobody reads them.
class Tables {
public:
    explicit Tables(const TableFile& file)
        : file_(file),
          header_(file.read(0, 72)),
          bits_(number(header_, 20, 4)),
          cluster_(bits_ >= 9 && bits_ <= 21 ? std::uint64_t{1} << bits_ : 0),
          clusters_(cluster_ == 0 ? 0 : number(header_, 24, 8) / cluster_ + (number(header_, 24, 8) % cluster_ != 0)),
          pieces_(kName, file.size(), std::max<std::uint64_t>(cluster_, 1)) {}

    std::uint64_t follow() {
        if (cluster_ == 0) refuse(kName, "the cluster bits must be 9 to 21 (clusters of 512 bytes to 2 MiB)");
        const auto per_table = cluster_ / kEntryBytes;
        const auto tables = (clusters_ + per_table - 1) / per_table;
        const auto bytes = std::min(tables, number(header_, 36, 4)) * kEntryBytes;
        if (bytes > kMaxL1Bytes) refuse(kName, "the l1 table is larger than 32 MiB");
        const auto at = number(header_, 40, 8);
        pieces_.take(0, cluster_, "the header");
        if (bytes > 0) pieces_.take(at, bytes, "the l1 table");
        file_.each_piece(at, bytes, [&](std::string_view piece, std::uint64_t before) {
            for (std::size_t i = 0; i + kEntryBytes <= piece.size(); i += kEntryBytes)
                follow_l1_entry(number(piece, i, kEntryBytes), (before + i) / kEntryBytes * per_table);
        });
        check_expansion(kName, expanded_, file_.size());
        return data_ + expanded_;
    }

private:
    void follow_l1_entry(std::uint64_t entry, std::uint64_t first_cluster) {
        const auto place = entry & kPlace;
        if (place == 0) return;
        take(place, "an l2 table");
        const auto entries = std::min(cluster_ / kEntryBytes, clusters_ - first_cluster);
        const auto table = file_.read(place, entries * kEntryBytes);
        for (std::size_t i = 0; i + kEntryBytes <= table.size(); i += kEntryBytes)
            follow_l2_entry(number(table, i, kEntryBytes));
    }

    // What reads as zeros without being read is free, also when a cluster is kept for it.
    void follow_l2_entry(std::uint64_t entry) {
        if ((entry & kCompressed) != 0) {
            expanded_ += cluster_;
            return;
        }
        const auto place = entry & kPlace;
        if (place == 0 || (entry & kZero) != 0) return;
        take(place, "a data cluster");
        data_ += cluster_;
    }

    void take(std::uint64_t place, const char* what) {
        if (place % cluster_ != 0) refuse(kName, std::string(what) + " doesn't begin at a cluster");
        pieces_.take(place, cluster_, what);
    }

    const TableFile& file_;
    std::string header_;
    std::uint64_t bits_;
    std::uint64_t cluster_;
    std::uint64_t clusters_;  ///< of the disk
    Pieces pieces_;
    std::uint64_t data_ = 0;
    std::uint64_t expanded_ = 0;
};

}  // namespace

std::uint64_t follow_qcow2(const TableFile& file) {
    return Tables(file).follow();
}

}  // namespace virga::image::format
