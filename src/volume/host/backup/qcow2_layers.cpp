#include "volume/host/backup/qcow2_layers.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "base/error.hpp"
#include "disk/layers.hpp"
#include "disk/qcow2_layout.hpp"

namespace virga::volume::host::backup {
namespace {

using Table = std::vector<std::uint64_t>;

constexpr std::uint64_t kOffsetMask = 0x00ff'ffff'ffff'fe00;
constexpr std::uint64_t kCompressed = 1ULL << 62;
constexpr std::uint64_t kReadsAsZero = 1;
constexpr std::uint64_t kKnownFeatures = 0b1001;   ///< dirty reference counts, type of compression
constexpr std::uint64_t kMostBytes = 1ULL << 56;   ///< and of any place, by the width of an entry
constexpr std::uint64_t kMostEntries = 1U << 22U;  ///< of a level 1 table: 32 MiB
constexpr std::size_t kKeptTables = 4;

std::uint64_t number(const std::string& data, std::size_t offset, std::size_t width) {
    if (data.size() < offset + width) throw Error(ErrorCode::Corrupt, "a qcow2 header is cut off");
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value = (value << 8) | static_cast<unsigned char>(data[offset + i]);
    return value;
}

Table read_table(const disk::File& file, std::int64_t offset, std::size_t entries) {
    const auto data = file.read_at(offset, entries * 8);
    if (data.size() != entries * 8) throw Error(ErrorCode::Corrupt, "a table of " + file.path() + " is cut off");
    Table table(entries);
    for (std::size_t i = 0; i < entries; ++i) table[i] = number(data, i * 8, 8);
    return table;
}

}  // namespace

/// One file of the chain.
struct Qcow2Layers::Layer {
    explicit Layer(const std::string& path) : file(disk::File::open_for_reading(path)), size(file.size()) {}

    void read_header() {
        const auto header = file.read_at(0, disk::qcow2::kHeaderBytes);
        const auto version = number(header, 4, 4);
        const bool plain = (version == 2 || version == 3) && number(header, 32, 4) == 0 &&
                           (version == 2 || (number(header, 72, 8) & ~kKnownFeatures) == 0);
        cluster_bits = static_cast<std::uint32_t>(number(header, 20, 4));
        if (!plain || cluster_bits < 9 || cluster_bits > 21)
            throw Error(ErrorCode::NotSupported, "a qcow2 with features that only QEMU knows", file.path());
        const auto bytes = number(header, 24, 8);
        const auto entries = number(header, 36, 4);
        const auto place = number(header, 40, 8);
        const bool in_header = entries > 0 && place == 0;
        if (bytes > kMostBytes || entries > kMostEntries || place > kMostBytes || in_header)
            throw Error(ErrorCode::Corrupt, "file " + file.path() + " has an impossible header");
        raw = false;
        size = static_cast<std::int64_t>(bytes);
        l1 = read_table(file, static_cast<std::int64_t>(place), static_cast<std::size_t>(entries));
    }

    /// What this layer says of a place; nothing: ask the one beneath. `bytes` of a piece or of the gap is set.
    std::optional<Piece> find(std::int64_t offset, std::int64_t& bytes) const {
        if (offset >= size) return Piece{Piece::Kind::Zero, nullptr, 0, bytes};
        bytes = std::min(bytes, size - offset);
        return raw ? find_raw(offset, bytes) : find_cluster(offset, bytes);
    }

    Piece find_raw(std::int64_t offset, std::int64_t bytes) const {
        const std::lock_guard lock(mutex);
        if (offset < hole_begin || offset >= hole_end) {
            const auto data = ::lseek(file.fd(), offset, SEEK_DATA);
            if (data < 0 && errno != ENXIO) return {Piece::Kind::Data, &file, offset, bytes};
            hole_begin = offset;
            hole_end = data < 0 ? size : data;
        }
        if (offset < hole_end) return {Piece::Kind::Zero, nullptr, 0, std::min(bytes, hole_end - offset)};
        return {Piece::Kind::Data, &file, offset, bytes};
    }

    std::optional<Piece> find_cluster(std::int64_t offset, std::int64_t& bytes) const {
        const auto cluster = std::int64_t{1} << cluster_bits;
        const auto entries = cluster / 8;
        const auto index = static_cast<std::size_t>(offset / cluster / entries);
        if (index >= l1.size() || (l1[index] & kOffsetMask) == 0) {
            bytes = std::min(bytes, cluster * entries - offset % (cluster * entries));
            return std::nullopt;
        }
        bytes = std::min(bytes, cluster - offset % cluster);
        const auto entry = (*table(index))[static_cast<std::size_t>(offset / cluster % entries)];
        if ((entry & kCompressed) != 0) return Piece{Piece::Kind::Foreign, nullptr, 0, bytes};
        if ((entry & kReadsAsZero) != 0) return Piece{Piece::Kind::Zero, nullptr, 0, bytes};
        const auto place = static_cast<std::int64_t>(entry & kOffsetMask);
        if (place == 0) return std::nullopt;
        return Piece{Piece::Kind::Data, &file, place + offset % cluster, bytes};
    }

    /// Readers are close to each other: a few tables serve all of them.
    std::shared_ptr<const Table> table(std::size_t index) const {
        const std::lock_guard lock(mutex);
        for (const auto& [known, kept] : tables) {
            if (kept && known == index) return kept;
        }
        const auto entries = (std::size_t{1} << cluster_bits) / 8;
        auto fresh = std::make_shared<const Table>(
            read_table(file, static_cast<std::int64_t>(l1[index] & kOffsetMask), entries));
        tables[next_table++ % kKeptTables] = {index, fresh};
        return fresh;
    }

    disk::File file;
    std::int64_t size;  ///< as the guest sees it
    bool raw = true;
    std::uint32_t cluster_bits = 16;
    Table l1;
    mutable std::mutex mutex;  ///< of what follows
    mutable std::int64_t hole_begin = 0;
    mutable std::int64_t hole_end = 0;
    mutable std::array<std::pair<std::size_t, std::shared_ptr<const Table>>, kKeptTables> tables;
    mutable std::size_t next_table = 0;
};

// Whether the files may be opened at all, layers_of() says.
Qcow2Layers::Qcow2Layers(const std::string& path) {
    for (const auto& one : disk::layers_of(path, "qcow2")) {
        auto& layer = *layers_.emplace_back(std::make_unique<Layer>(one.path));
        if (one.format == "qcow2") layer.read_header();
    }
}

Qcow2Layers::~Qcow2Layers() = default;

std::int64_t Qcow2Layers::size() const {
    return layers_.front()->size;
}

Piece Qcow2Layers::find(std::int64_t offset) const {
    auto bytes = size() - offset;
    for (const auto& layer : layers_) {
        if (auto piece = layer->find(offset, bytes)) return *piece;
    }
    return {Piece::Kind::Zero, nullptr, 0, bytes};
}

}  // namespace virga::volume::host::backup
