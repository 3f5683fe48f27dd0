#include "disk/buffer_copy.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <span>

namespace virga::disk {
namespace {

constexpr std::int64_t kBuffer = 4 * 1024 * 1024;
constexpr std::int64_t kAlign = 4096;  ///< what O_DIRECT needs of offsets, lengths and memory

bool is_aligned(std::int64_t offset, std::int64_t length) {
    return offset % kAlign == 0 && length % kAlign == 0;
}

}  // namespace

void BufferCopy::Free::operator()(char* buffer) const {
    ::operator delete(buffer, std::align_val_t(kAlign));
}

BufferCopy::BufferCopy(const File& from, File& to)
    : from_(from),
      to_(to),
      direct_(File::open_for_direct_writing(to.path())),
      buffer_(static_cast<char*>(::operator new(kBuffer, std::align_val_t(kAlign)))) {}

std::int64_t BufferCopy::copy(std::int64_t offset, std::int64_t length) {
    length = std::min(length, kBuffer);
    if (length > kAlign) length -= length % kAlign;  // what is left of a page comes as a piece of its own
    const auto got = from_.read_at(offset, std::span(buffer_.get(), static_cast<std::size_t>(length)));
    write(offset, {buffer_.get(), got});
    return static_cast<std::int64_t>(got);
}

// What a direct write doesn't take whole goes through the page cache, which also tells what is wrong.
void BufferCopy::write(std::int64_t offset, std::string_view data) {
    const auto length = static_cast<std::int64_t>(data.size());
    if (direct_ && is_aligned(offset, length)) {
        if (::pwrite(direct_->fd(), data.data(), data.size(), offset) == length) return;
        if (errno == EINVAL) direct_.reset();
    }
    to_.write_at(offset, data);
}

}  // namespace virga::disk
