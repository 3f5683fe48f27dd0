#include "image/format/table_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "base/links.hpp"
#include "image/format/recogniser.hpp"

namespace virga::image::format {

TableFile::TableFile(const std::string& path)
    : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | no_link(path))) {
    if (fd_ < 0) throw_errno(errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Internal, "open " + path, errno);
    struct stat info {};
    if (::fstat(fd_, &info) != 0) {
        const int failure = errno;
        ::close(fd_);
        throw_errno(ErrorCode::Internal, "stat " + path, failure);
    }
    size_ = static_cast<std::uint64_t>(info.st_size);
}

TableFile::~TableFile() {
    ::close(fd_);
}

std::string TableFile::read(std::uint64_t offset, std::uint64_t length) const {
    if (offset >= size_) return {};
    std::string data(static_cast<std::size_t>(std::min(length, size_ - offset)), '\0');
    std::size_t filled = 0;
    while (filled < data.size()) {
        const auto got = ::pread(fd_, data.data() + filled, data.size() - filled, static_cast<off_t>(offset + filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw_errno(ErrorCode::Internal, "read " + path_, errno);
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    data.resize(filled);
    return data;
}

void TableFile::each_piece(std::uint64_t offset, std::uint64_t length,
                           const std::function<void(std::string_view piece, std::uint64_t before)>& use) const {
    constexpr std::uint64_t kPiece = 64 * 1024;
    for (std::uint64_t done = 0; done < length; done += kPiece)
        use(read(offset + done, std::min(kPiece, length - done)), done);
}

Pieces::Pieces(std::string_view format, std::uint64_t file_bytes, std::uint64_t piece_bytes)
    : format_(format), piece_bytes_(piece_bytes), count_(file_bytes / piece_bytes + (file_bytes % piece_bytes != 0)) {
    constexpr std::uint64_t kMost = 8ULL * (32U << 20);  // bits
    if (count_ > kMost)
        refuse(format_, "it has more clusters than can be looked through; convert it to one with larger clusters");
    taken_.resize(static_cast<std::size_t>(count_));
}

void Pieces::take(std::uint64_t offset, std::uint64_t bytes, std::string_view what) {
    const auto first = offset / piece_bytes_;
    const auto pieces = bytes / piece_bytes_ + (bytes % piece_bytes_ != 0);
    if (first > count_ || pieces > count_ - first) refuse(format_, std::string(what) + " lies outside the image");
    for (auto piece = static_cast<std::size_t>(first); piece < first + pieces; ++piece) {
        if (taken_[piece]) refuse(format_, std::string(what) + " lies where something else of the image lies");
        taken_[piece] = true;
    }
}

Blocks::Blocks(std::string_view format, std::uint64_t file_bytes, std::uint64_t unit_bytes, std::uint64_t block_units)
    : format_(format), file_bytes_(file_bytes), unit_bytes_(unit_bytes), block_units_(block_units) {}

void Blocks::keep(std::uint64_t offset, std::uint64_t bytes, std::string_view what) {
    if (offset > file_bytes_ || bytes > file_bytes_ - offset)
        refuse(format_, std::string(what) + " lies outside the image");
    const Range range{offset, offset + bytes};
    for (const auto& other : kept_) {
        if (range.begin < other.end && other.begin < range.end)
            refuse(format_, std::string(what) + " lies where something else of the image lies");
    }
    kept_.push_back(range);
}

void Blocks::add(std::uint64_t unit, std::string_view what) {
    constexpr std::size_t kMost = (32U << 20) / sizeof(std::uint32_t);
    if (unit > UINT32_MAX || unit >= file_bytes_ / unit_bytes_ + (file_bytes_ % unit_bytes_ != 0))
        refuse(format_, std::string(what) + " lies outside the image");
    if (units_.size() == kMost) refuse(format_, "it has more blocks than can be looked through; convert it to raw");
    units_.push_back(static_cast<std::uint32_t>(unit));
}

std::uint64_t Blocks::check(std::string_view what) {
    const auto overlap = [&] { refuse(format_, std::string(what) + " lies where something else of the image lies"); };
    std::sort(units_.begin(), units_.end());
    for (std::size_t i = 1; i < units_.size(); ++i) {
        if (units_[i] - units_[i - 1] < block_units_) overlap();
    }
    // The last block that begins before the end of the range is the one that reaches furthest.
    for (const auto& range : kept_) {
        const auto after = std::partition_point(units_.begin(), units_.end(),
                                                [&](std::uint32_t unit) { return unit * unit_bytes_ < range.end; });
        if (after != units_.begin() && (*(after - 1) + block_units_) * unit_bytes_ > range.begin) overlap();
    }
    return units_.size() * block_units_ * unit_bytes_;
}

void check_expansion(std::string_view format, std::uint64_t expanded_bytes, std::uint64_t file_bytes) {
    constexpr std::uint64_t kAlways = 1ULL << 30;
    constexpr std::uint64_t kMostTimes = 64;
    if (expanded_bytes <= kAlways || (expanded_bytes - kAlways) / kMostTimes <= file_bytes) return;
    refuse(format,
           "its compressed data expands to more than 64 times its size; convert it to one that isn't compressed");
}

}  // namespace virga::image::format
