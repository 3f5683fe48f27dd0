#include "disk/checksum.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "disk/file.hpp"

namespace virga::disk {
namespace {

constexpr std::int64_t kChunk = 1024 * 1024;

/// Start of the next data at or behind `offset`; the size when there is none.
std::int64_t next_data(const File& file, std::int64_t offset, std::int64_t size) {
    const auto found = ::lseek(file.fd(), offset, SEEK_DATA);
    if (found >= 0) return found;
    return errno == ENXIO ? size : offset;  // a file system that can't tell: all is data
}

std::int64_t end_of_data(const File& file, std::int64_t offset, std::int64_t size) {
    const auto found = ::lseek(file.fd(), offset, SEEK_HOLE);
    return found > offset ? std::min(found, size) : size;
}

class Digest {
public:
    Digest(const std::string& path, HashAlgorithm algorithm, const std::function<bool()>& stop)
        : file_(File::open_for_reading(path)), hasher_(algorithm), stop_(stop) {}

    std::string run() {
        ::posix_fadvise(file_.fd(), 0, 0, POSIX_FADV_SEQUENTIAL);
        const auto size = file_.size();
        for (std::int64_t offset = 0; offset < size && !stopped_;) {
            const auto data = next_data(file_, offset, size);
            each_chunk(offset, data, [&](std::int64_t, std::size_t length) { hasher_.update(zeros(length)); });
            offset = data < size ? end_of_data(file_, data, size) : size;
            each_chunk(data, offset, [&](std::int64_t at, std::size_t length) { hasher_.update(read(at, length)); });
        }
        return stopped_ ? std::string() : hasher_.finish();
    }

private:
    void each_chunk(std::int64_t begin, std::int64_t end, const std::function<void(std::int64_t, std::size_t)>& use) {
        for (; begin < end && !stopped_; begin += kChunk) {
            stopped_ = stop_();
            use(begin, static_cast<std::size_t>(std::min(kChunk, end - begin)));
        }
    }

    std::string_view read(std::int64_t offset, std::size_t length) {
        return {buffer_.data(), file_.read_at(offset, std::span(buffer_).first(length))};
    }

    static std::string_view zeros(std::size_t length) {
        static const std::string buffer(kChunk, '\0');
        return std::string_view(buffer).substr(0, length);
    }

    File file_;
    Hasher hasher_;
    std::vector<char> buffer_ = std::vector<char>(kChunk);  // one for all: new memory costs more than the hash
    const std::function<bool()>& stop_;
    bool stopped_ = false;
};

}  // namespace

std::string digest_of(const std::string& path, HashAlgorithm algorithm, const std::function<bool()>& stop) {
    return Digest(path, algorithm, stop).run();
}

ChecksumThread::ChecksumThread(const std::string& path, HashAlgorithm algorithm)
    : digest_(std::async(std::launch::async, [this, path, algorithm] {
          return digest_of(path, algorithm, [this] { return stop_.load(); });
      })) {}

ChecksumThread::~ChecksumThread() {
    stop_ = true;
    if (digest_.valid()) digest_.wait();
}

std::string ChecksumThread::wait(const std::function<bool()>& cancelled) {
    while (digest_.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
        if (cancelled && cancelled()) throw Error(ErrorCode::Cancelled, "verifying was cancelled");
    }
    return digest_.get();
}

}  // namespace virga::disk
