#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "disk/file.hpp"
#include "disk/reserve.hpp"
#include "volume/host/backup/disks.hpp"
#include "volume/host/backup/write_behind.hpp"

namespace virga::volume::host::backup {
namespace {

class RawDisk : public VolumeDisk {
public:
    explicit RawDisk(disk::File file) : file_(std::move(file)), size_(file_.size()) {
        ::posix_fadvise(file_.fd(), 0, 0, POSIX_FADV_SEQUENTIAL);
    }

    std::int64_t size() const override { return size_; }

    // A file system without SEEK_DATA answers as if all were data.
    std::int64_t next_data(std::int64_t offset) override {
        if (offset >= size_) return size_;
        const auto found = ::lseek(file_.fd(), offset, SEEK_DATA);
        if (found >= 0) return std::min<std::int64_t>(found, size_);
        if (errno == ENXIO) return size_;
        if (errno == EINVAL || errno == EOPNOTSUPP) return offset;
        throw_errno(ErrorCode::Internal, "seek in " + file_.path(), errno);
    }

    void read(std::int64_t offset, std::span<char> into) override {
        if (read_file(file_, offset, into) < into.size())
            throw Error(ErrorCode::Corrupt, "file " + file_.path() + " became shorter");
    }
    void write(std::int64_t offset, std::string_view data) override {
        disk::require_reserve(disk::folder_of(file_.path()));
        write_behind(file_, offset, data);
    }

    void zero(std::int64_t offset, std::int64_t length) override {
        if (length <= 0 || next_data(offset) >= offset + length) return;
        if (::fallocate(file_.fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length) == 0) return;
        if (errno != EOPNOTSUPP) throw_errno(ErrorCode::Internal, "punch hole in " + file_.path(), errno);
        static const std::string kZeros(1024 * 1024, '\0');
        for (std::int64_t done = 0; done < length;) {
            const auto part = std::min<std::int64_t>(length - done, static_cast<std::int64_t>(kZeros.size()));
            file_.write_at(offset + done, std::string_view(kZeros).substr(0, static_cast<std::size_t>(part)));
            done += part;
        }
    }

    void sync() override { file_.sync(); }

private:
    disk::File file_;
    std::int64_t size_;
};

class NoDisk : public VolumeDisk {
public:
    explicit NoDisk(std::int64_t size) : size_(size) {}
    std::int64_t size() const override { return size_; }
    std::int64_t next_data(std::int64_t) override { return size_; }
    void read(std::int64_t, std::span<char> into) override { std::fill(into.begin(), into.end(), '\0'); }
    void write(std::int64_t, std::string_view) override {}
    void zero(std::int64_t, std::int64_t) override {}
    void sync() override {}

private:
    std::int64_t size_;
};

}  // namespace

std::size_t read_file(const disk::File& file, std::int64_t offset, std::span<char> into) {
    std::size_t filled = 0;
    while (filled < into.size()) {
        const auto got =
            ::pread(file.fd(), into.data() + filled, into.size() - filled, offset + static_cast<std::int64_t>(filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw_errno(ErrorCode::Internal, "read " + file.path(), errno);
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    return filled;
}

std::unique_ptr<VolumeDisk> open_raw(const std::string& path, Access access) {
    return std::make_unique<RawDisk>(access == Access::Read ? disk::File::open_for_reading(path)
                                                            : disk::File::open_for_writing(path));
}

std::unique_ptr<VolumeDisk> open_nothing(std::int64_t size_bytes) {
    return std::make_unique<NoDisk>(size_bytes);
}

std::unique_ptr<VolumeDisk> open_volume(const VolumeFile& file, Access access, const Secret& key) {
    if (file.encryption.empty() != key.empty())
        throw Error(ErrorCode::InvalidInput, "a volume is opened with a key if, and only if, it is encrypted",
                    file.path);
    if (!key.empty()) return open_with_qemu(file.path, access, key);
    if (file.format == "raw") return open_raw(file.path, access);
    if (file.format == "qcow2") return open_qcow2(file.path, access);
    throw Error(ErrorCode::NotSupported, "backups of volumes in format " + file.format + " are not supported");
}

}  // namespace virga::volume::host::backup
