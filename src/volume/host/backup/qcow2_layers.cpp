#include "volume/host/backup/qcow2_layers.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "base/error.hpp"
#include "disk/qcow2_layout.hpp"

namespace virga::volume::host::backup {
namespace {

using Table = std::vector<std::uint64_t>;

constexpr std::uint64_t kOffsetMask = 0x00ff'ffff'ffff'fe00;
constexpr std::uint64_t kCompressed = 1ULL << 62;
constexpr std::uint64_t kReadsAsZero = 1;
constexpr std::uint64_t kKnownFeatures = 0b1001;  ///< dirty reference counts, type of compression
constexpr std::size_t kMostLayers = 200;
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

/// Format of the backing file, from the header's extensions.
std::string backing_format(const std::string& header, std::size_t begin) {
    while (begin + 8 <= header.size()) {
        const auto type = number(header, begin, 4);
        const auto length = static_cast<std::size_t>(number(header, begin + 4, 4));
        if (type == disk::qcow2::kEndOfExtensions || length > header.size()) break;
        if (type == disk::qcow2::kBackingFormat) return header.substr(begin + 8, length);
        begin += 8 + (length + 7) / 8 * 8;
    }
    return {};
}

}  // namespace

/// One file of the chain.
struct Qcow2Layers::Layer {
    explicit Layer(const std::string& path) : file(disk::File::open_for_reading(path)), size(file.size()) {}

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

Qcow2Layers::Qcow2Layers(const std::string& path) {
    add(path, "qcow2");
}

Qcow2Layers::~Qcow2Layers() = default;

void Qcow2Layers::add(const std::string& path, const std::string& format) {
    if (layers_.size() == kMostLayers) throw Error(ErrorCode::Corrupt, "the layers of " + path + " form a circle");
    auto& layer = *layers_.emplace_back(std::make_unique<Layer>(path));
    if (format == "raw") return;
    if (format != "qcow2") throw Error(ErrorCode::NotSupported, "the format of a layer is not told", path);
    const auto header = layer.file.read_at(0, 4096);
    if (header.compare(0, disk::qcow2::kMagic.size(), disk::qcow2::kMagic) != 0)
        throw Error(ErrorCode::Corrupt, "file " + path + " is not the qcow2 it should be");
    const auto version = number(header, 4, 4);
    const bool plain = (version == 2 || version == 3) && number(header, 32, 4) == 0 &&
                       (version == 2 || (number(header, 72, 8) & ~kKnownFeatures) == 0);
    layer.cluster_bits = static_cast<std::uint32_t>(number(header, 20, 4));
    if (!plain || layer.cluster_bits < 9 || layer.cluster_bits > 21)
        throw Error(ErrorCode::NotSupported, "a qcow2 with features that only QEMU knows", path);
    layer.raw = false;
    layer.size = static_cast<std::int64_t>(number(header, 24, 8));
    layer.l1 = read_table(layer.file, static_cast<std::int64_t>(number(header, 40, 8)),
                          static_cast<std::size_t>(std::min<std::uint64_t>(number(header, 36, 4), 1U << 22U)));
    const auto name_offset = static_cast<std::size_t>(number(header, 8, 8));
    if (name_offset == 0) return;
    const auto name_bytes = static_cast<std::size_t>(number(header, 16, 4));
    if (name_offset + name_bytes > header.size())
        throw Error(ErrorCode::NotSupported, "a qcow2 whose header is unusually long", path);
    const auto name = header.substr(name_offset, name_bytes);
    const auto extensions = version == 2 ? 72 : static_cast<std::size_t>(number(header, 100, 4));
    add(name.starts_with('/') ? name : disk::folder_of(path) + "/" + name,
        backing_format(header.substr(0, name_offset), extensions));
}

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
