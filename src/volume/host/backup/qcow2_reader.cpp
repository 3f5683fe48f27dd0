#include <algorithm>
#include <mutex>

#include "base/error.hpp"
#include "volume/host/backup/disks.hpp"
#include "volume/host/backup/qcow2_layers.hpp"

namespace virga::volume::host::backup {
namespace {

/// Reads a qcow2 by itself, which costs a fraction of asking another process; what only QEMU can read it asks qemu-nbd
/// for.
class Qcow2Reader : public VolumeDisk {
public:
    explicit Qcow2Reader(const std::string& path) : path_(path), layers_(path) {}

    std::int64_t size() const override { return layers_.size(); }

    std::int64_t next_data(std::int64_t offset) override {
        while (offset < size()) {
            const auto piece = layers_.find(offset);
            if (piece.kind != Piece::Kind::Zero) return offset;
            offset += piece.bytes;
        }
        return size();
    }

    void read(std::int64_t offset, std::span<char> into) override {
        while (!into.empty()) {
            const auto piece = layers_.find(offset);
            const auto bytes = std::min(static_cast<std::size_t>(piece.bytes), into.size());
            read_piece(piece, offset, into.first(bytes));
            into = into.subspan(bytes);
            offset += static_cast<std::int64_t>(bytes);
        }
    }

    void write(std::int64_t, std::string_view) override { refuse(); }
    void zero(std::int64_t, std::int64_t) override { refuse(); }
    void sync() override {}

private:
    [[noreturn]] static void refuse() {
        throw Error(ErrorCode::Internal, "a disk that was opened to read is written to");
    }

    void read_piece(const Piece& piece, std::int64_t offset, std::span<char> into) {
        switch (piece.kind) {
            case Piece::Kind::Zero:
                std::fill(into.begin(), into.end(), '\0');
                return;
            case Piece::Kind::Data:
                // The last cluster of a file may be cut off: what isn't there is zero.
                into = into.subspan(read_file(*piece.file, piece.offset, into));
                std::fill(into.begin(), into.end(), '\0');
                return;
            case Piece::Kind::Foreign:
                qemu().read(offset, into);
        }
    }

    VolumeDisk& qemu() {
        const std::lock_guard lock(mutex_);
        if (!qemu_) qemu_ = open_with_qemu(path_, Access::Read);
        return *qemu_;
    }

    std::string path_;
    Qcow2Layers layers_;
    std::mutex mutex_;
    std::unique_ptr<VolumeDisk> qemu_;
};

}  // namespace

std::unique_ptr<VolumeDisk> open_qcow2(const std::string& path, Access access) {
    if (access == Access::Write) return open_with_qemu(path, access);
    try {
        return std::make_unique<Qcow2Reader>(path);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::NotSupported) throw;
        return open_with_qemu(path, access);
    }
}

}  // namespace virga::volume::host::backup
