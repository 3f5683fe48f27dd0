#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "base/links.hpp"
#include "base/scope_exit.hpp"
#include "image/format/inspector.hpp"
#include "image/format/recogniser.hpp"
#include "image/format/verdict.hpp"

namespace virga::image {
namespace {

std::string read_range(int fd, const std::string& path, std::uint64_t offset, std::uint64_t length) {
    std::string data(static_cast<std::size_t>(length), '\0');
    std::size_t filled = 0;
    while (filled < data.size()) {
        const auto got = ::pread(fd, data.data() + filled, data.size() - filled, static_cast<off_t>(offset + filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw_errno(ErrorCode::Internal, "read " + path, errno);
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    data.resize(filled);
    return data;
}

// The part of a range that lies inside the content; a hostile offset gives an empty one.
std::string read_extra(int fd, const std::string& path, const format::Range& range, std::uint64_t size) {
    if (range.offset >= size) return {};
    return read_range(fd, path, range.offset, std::min(range.length, size - range.offset));
}

}  // namespace

Inspection inspect_file(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | no_link(path));
    if (fd < 0) throw_errno(errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Internal, "open " + path, errno);
    const ScopeExit close([fd] { ::close(fd); });
    struct stat info {};
    if (::fstat(fd, &info) != 0) throw_errno(ErrorCode::Internal, "stat " + path, errno);
    if (!S_ISREG(info.st_mode)) throw Error(ErrorCode::InvalidInput, "The image data is not a regular file.", path);
    const auto size = static_cast<std::uint64_t>(info.st_size);
    const auto head = read_range(fd, path, 0, std::min<std::uint64_t>(size, format::kHeadBytes));
    const auto tail_bytes = std::min<std::uint64_t>(size, format::kTailBytes);
    const auto tail = read_range(fd, path, size - tail_bytes, tail_bytes);
    const auto wanted = format::Vhdx::metadata_range(head).value_or(format::Range{});
    const auto extra = wanted.length == 0 ? std::string() : read_extra(fd, path, wanted, size);
    return format::verdict({head, tail, wanted, extra, size});
}

}  // namespace virga::image
