#include "disk/checksum.hpp"

#include <fcntl.h>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "disk/file.hpp"

namespace virga::disk {
namespace {

std::string digest_of(const std::string& path, const std::atomic<bool>& stop) {
    constexpr std::size_t kChunk = 1024 * 1024;
    const auto file = File::open_for_reading(path);
    ::posix_fadvise(file.fd(), 0, 0, POSIX_FADV_SEQUENTIAL);
    Hasher hasher(HashAlgorithm::Sha512);
    for (std::int64_t offset = 0; !stop;) {
        const auto data = file.read_at(offset, kChunk);
        hasher.update(data);
        offset += static_cast<std::int64_t>(data.size());
        if (data.size() < kChunk) break;
    }
    return hasher.finish();
}

}  // namespace

ChecksumThread::ChecksumThread(const std::string& path)
    : digest_(std::async(std::launch::async, [this, path] { return digest_of(path, stop_); })) {}

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
