#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "disk/buffer_copy.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "disk/reserve.hpp"

namespace virga::disk {
namespace {

constexpr std::int64_t kChunk = 16 * 1024 * 1024;  ///< between two looks at `cancelled`

bool reflink(const File& from, const File& to) {
    return ::ioctl(to.fd(), FICLONE, from.fd()) == 0;
}

// Copies extents one after the other; holes are never read, so the target has them too.
class ExtentCopy {
public:
    ExtentCopy(File& from, File& to, SpacePromise& space, const Progress& progress, const Cancelled& cancelled)
        : from_(from), to_(to), space_(space), progress_(progress), cancelled_(cancelled), size_(from.size()) {}

    std::int64_t run() {
        to_.resize(size_);
        std::int64_t offset = 0;
        while (offset < size_) {
            const auto data = next(offset, SEEK_DATA);
            if (data >= size_) break;
            offset = std::min(next(data, SEEK_HOLE), size_);
            copy_extent(data, offset);
        }
        return copied_;
    }

private:
    // End of file when there is no such place; a file system without SEEK_DATA answers as if all were data.
    std::int64_t next(std::int64_t offset, int whence) const {
        const auto found = ::lseek(from_.fd(), offset, whence);
        if (found >= 0) return found;
        if (errno == ENXIO) return size_;
        if (errno == EINVAL || errno == EOPNOTSUPP) return whence == SEEK_DATA ? offset : size_;
        throw_errno(ErrorCode::Internal, "seek in " + from_.path(), errno);
    }

    void copy_extent(std::int64_t begin, std::int64_t end) {
        while (begin < end) {
            if (cancelled_ && cancelled_()) throw Error(ErrorCode::Cancelled, "copying was cancelled");
            const auto length = copy_some(begin, std::min(end - begin, kChunk));
            if (length == 0) throw Error(ErrorCode::Corrupt, "file " + from_.path() + " became shorter");
            // Starts the write-back of this chunk, so that the sync at the end has little left to wait for.
            ::sync_file_range(to_.fd(), begin, length, SYNC_FILE_RANGE_WRITE);
            begin += length;
            copied_ += length;
            space_.written(copied_);
            require_reserve(folder_of(to_.path()));
            if (progress_) progress_(begin, size_);
        }
    }

    std::int64_t copy_some(std::int64_t offset, std::int64_t length) {
        if (!in_kernel_) return copy_by_buffer(offset, length);
        off_t in = offset;
        off_t out = offset;
        const auto done = ::copy_file_range(from_.fd(), &in, to_.fd(), &out, static_cast<std::size_t>(length), 0);
        if (done > 0) return done;
        if (done < 0 && errno == ENOSPC) throw_errno(ErrorCode::NoSpace, "write " + to_.path(), errno);
        in_kernel_ = false;  // other file system, or one that can't
        return copy_by_buffer(offset, length);
    }

    std::int64_t copy_by_buffer(std::int64_t offset, std::int64_t length) {
        if (!buffer_) buffer_.emplace(from_, to_);
        return buffer_->copy(offset, length);
    }

    File& from_;
    File& to_;
    SpacePromise& space_;
    const Progress& progress_;
    const Cancelled& cancelled_;
    std::int64_t size_;
    std::int64_t copied_ = 0;
    bool in_kernel_ = true;
    std::optional<BufferCopy> buffer_;
};

}  // namespace

CopyResult copy(const std::string& from, const std::string& to, const Progress& progress, const Cancelled& cancelled) {
    const auto part = to + ".part";
    ScopeExit cleanup([&] { ::unlink(part.c_str()); });
    CopyResult result;
    {
        auto source = File::open_for_reading(from);
        auto target = File::create(part);
        result.reflinked = reflink(source, target);
        if (!result.reflinked) {
            SpacePromise space(folder_of(to), allocated_bytes(from));
            result.copied_bytes = ExtentCopy(source, target, space, progress, cancelled).run();
        }
        if (cancelled && cancelled()) throw Error(ErrorCode::Cancelled, "copying was cancelled");
        target.sync();
    }
    rename_durably(part, to);
    cleanup.dismiss();
    return result;
}

bool reflink_works(const std::string& folder) {
    const auto probe = folder + "/.reflink-probe";
    const ScopeExit cleanup([&] {
        ::unlink(probe.c_str());
        ::unlink((probe + "-copy").c_str());
    });
    auto source = File::create(probe);
    source.write_at(0, std::string(4096, 'x'));
    const auto target = File::create(probe + "-copy");
    return reflink(source, target);
}

}  // namespace virga::disk
