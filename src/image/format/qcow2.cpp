#include <array>
#include <string>

#include "image/format/recogniser.hpp"

namespace virga::image::format {
namespace {

constexpr std::string_view kMagic("QFI\xfb", 4);
constexpr std::size_t kHeaderV2 = 72;
constexpr std::size_t kHeaderV3 = 104;
constexpr std::uint64_t kDirty = 1U << 0;
constexpr std::uint64_t kCorrupt = 1U << 1;
constexpr std::uint64_t kExternalDataFile = 1U << 2;
constexpr std::uint64_t kCompressionType = 1U << 3;
constexpr std::uint64_t kKnownFeatures = 0xf;  // dirty, corrupt, external data file, compression type

// The bounds of QEMU: it refuses to open what is beyond them.
constexpr std::uint64_t kMinClusterBits = 9;
constexpr std::uint64_t kMaxClusterBits = 21;
constexpr std::uint64_t kMaxRefcountOrder = 6;
constexpr std::uint64_t kMaxL1Bytes = 32U << 20;
constexpr std::uint64_t kMaxRefcountTableBytes = 8U << 20;

/// The header of one image, field by field.
class Header {
public:
    Header(const Sample& sample, std::string_view name) : sample_(sample), name_(name) {}

    void check() const {
        check_version();
        check_origin();
        check_features();
        check_length();
        check_compression();
        check_l1();
        check_refcounts();
        check_snapshots();
        check_overlaps();
        check_extensions();
    }
    std::uint64_t size() const { return field(24, 8, "the size"); }

private:
    std::uint64_t field(std::size_t offset, std::size_t width, std::string_view what) const {
        return required(big_endian(sample_.head, offset, width), name_, what);
    }
    bool is_v3() const { return field(4, 4, "the version") == 3; }
    std::uint64_t cluster_bits() const { return field(20, 4, "the cluster bits"); }
    std::uint64_t cluster_bytes() const { return std::uint64_t{1} << cluster_bits(); }
    std::uint64_t features() const { return is_v3() ? field(72, 8, "the feature bits") : 0; }
    std::uint64_t length() const { return is_v3() ? field(100, 4, "the header length") : kHeaderV2; }

    void check_version() const {
        const auto version = field(4, 4, "the version");
        if (version != 2 && version != 3) refuse(name_, "only version 2 and 3 are supported");
        if (version == 3 && sample_.head.size() < kHeaderV3) refuse(name_, "the header is cut off");
        if (cluster_bits() < kMinClusterBits || cluster_bits() > kMaxClusterBits)
            refuse(name_, "the cluster bits must be 9 to 21 (clusters of 512 bytes to 2 MiB)");
    }

    void check_origin() const {
        if (field(8, 8, "the backing file offset") != 0) refuse(name_, "it has a backing file; flatten it first");
        if (field(32, 4, "the encryption method") != 0) refuse(name_, "it is encrypted");
    }

    void check_features() const {
        if ((features() & kExternalDataFile) != 0) refuse(name_, "it has an external data file");
        // QEMU mends such an image before it is used, or doesn't open it to be written to.
        if ((features() & kCorrupt) != 0) refuse(name_, "it is marked as corrupt; run 'qemu-img check -r all' on it");
        if ((features() & kDirty) != 0)
            refuse(name_, "it was not closed properly (marked as dirty); run 'qemu-img check -r all' on it");
        if ((features() & ~kKnownFeatures) != 0) refuse(name_, "it uses unknown incompatible features");
        if (is_v3() && field(96, 4, "the refcount order") > kMaxRefcountOrder)
            refuse(name_, "the refcount order must be 0 to 6");
    }

    void check_length() const {
        if (length() < (is_v3() ? kHeaderV3 : kHeaderV2) || length() > cluster_bytes())
            refuse(name_, "the header length must be 104 to the size of a cluster");
    }

    void check_compression() const {
        constexpr std::uint64_t kZstd = 1;
        const auto type = length() > kHeaderV3 ? field(kHeaderV3, 1, "the compression type") : 0;
        if (type > kZstd) refuse(name_, "the compression type must be 0 (zlib) or 1 (zstd)");
        if ((type != 0) != ((features() & kCompressionType) != 0))
            refuse(name_, "the compression type contradicts the feature bits");
    }

    // `inside` bytes of the table have to be in the file.
    void check_table(std::uint64_t offset, std::uint64_t inside, const std::string& what) const {
        if (offset % cluster_bytes() != 0) refuse(name_, what + " doesn't begin at a cluster");
        if (offset > sample_.size || inside > sample_.size - offset) refuse(name_, what + " lies outside the image");
    }

    void check_l1() const {
        const auto bytes = field(36, 4, "the l1 size") * 8;
        if (bytes > kMaxL1Bytes) refuse(name_, "the l1 table is larger than 32 MiB");
        const auto bits = cluster_bits() + cluster_bits() - 3;  // of what one entry stands for
        const auto last = size() == 0 ? 0 : ((size() - 1) >> bits) + 1;
        if (bytes / 8 < last) refuse(name_, "the l1 table is too small for the virtual size");
        check_table(field(40, 8, "the l1 table offset"), bytes, "the l1 table");
        if (bytes > 0 && field(40, 8, "the l1 table offset") == 0) refuse(name_, "the l1 table begins in the header");
    }

    void check_refcounts() const {
        const auto clusters = field(56, 4, "the refcount table clusters");
        if (clusters == 0) refuse(name_, "it has no refcount table");
        if (clusters > kMaxRefcountTableBytes >> cluster_bits())
            refuse(name_, "the refcount table is larger than 8 MiB");
        if (field(48, 8, "the refcount table offset") == 0) refuse(name_, "the refcount table begins in the header");
        check_table(field(48, 8, "the refcount table offset"), 8, "the refcount table");
    }

    // The table's content isn't judged: it may stand anywhere in the stream. QEMU refuses a bad one when it opens.
    void check_snapshots() const {
        constexpr std::uint64_t kMostSnapshots = 65'536;
        constexpr std::uint64_t kEntryBytes = 40;
        const auto count = field(60, 4, "the number of snapshots");
        if (count == 0) return;
        if (count > kMostSnapshots) refuse(name_, "it has more than 65,536 internal snapshots");
        const auto offset = field(64, 8, "the snapshot table offset");
        if (offset == 0) refuse(name_, "the snapshot table begins in the header");
        check_table(offset, count * kEntryBytes, "the snapshot table");
    }

    struct Table {
        std::uint64_t begin;
        std::uint64_t bytes;
        const char* name;
    };

    // What was written to one would change the other. The places were checked: no sum overflows.
    void check_overlaps() const {
        constexpr std::uint64_t kLeastOfEntry = 40;
        const std::array<Table, 4> tables{
            {{0, cluster_bytes(), "the header"},
             {field(40, 8, "the l1 table offset"), field(36, 4, "the l1 size") * 8, "the l1 table"},
             {field(48, 8, "the refcount table offset"), field(56, 4, "the refcount table clusters") << cluster_bits(),
              "the refcount table"},
             {field(64, 8, "the snapshot table offset"), field(60, 4, "the number of snapshots") * kLeastOfEntry,
              "the snapshot table"}}};
        for (std::size_t i = 0; i < tables.size(); ++i) {
            for (std::size_t k = i + 1; k < tables.size(); ++k) {
                const auto& one = tables[i];
                const auto& other = tables[k];
                if (one.bytes == 0 || other.bytes == 0) continue;
                if (one.begin < other.begin + other.bytes && other.begin < one.begin + one.bytes)
                    refuse(name_, std::string(other.name) + " overlaps " + one.name);
            }
        }
    }

    void check_extensions() const {
        constexpr std::uint64_t kEnd = 0;
        constexpr std::uint64_t kEncryption = 0x0537be77;
        constexpr std::uint64_t kDataFile = 0x44415441;
        for (auto at = length(); at < cluster_bytes() && at + 8 <= sample_.size;) {
            const auto type = field(static_cast<std::size_t>(at), 4, "a header extension");
            const auto bytes = field(static_cast<std::size_t>(at) + 4, 4, "a header extension");
            at += 8;
            if (type == kEnd) return;
            if (at > cluster_bytes() || bytes > cluster_bytes() - at) refuse(name_, "a header extension is too long");
            if (type == kEncryption) refuse(name_, "it is encrypted");
            if (type == kDataFile) refuse(name_, "it names an external data file");
            at += (bytes + 7) / 8 * 8;
        }
    }

    const Sample& sample_;
    std::string_view name_;
};

}  // namespace

bool Qcow2::matches(const Sample& sample) const {
    return sample.head.size() >= kHeaderV2 && has_bytes(sample.head, 0, kMagic);
}

std::optional<std::int64_t> Qcow2::check(const Sample& sample) const {
    const Header header(sample, name());
    const auto bytes = checked_size(header.size(), name());
    header.check();
    return bytes;
}

}  // namespace virga::image::format
