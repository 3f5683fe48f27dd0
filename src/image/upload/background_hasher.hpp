#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/crypto.hpp"

namespace virga::image {

/// Computes SHA-512 in a second thread while the caller receives and writes the next piece. Memory is bounded by a
/// fixed number of buffers that go round.
class BackgroundHasher {
public:
    struct Buffer {
        std::vector<char> data;
        std::size_t used = 0;
        std::string_view view() const { return {data.data(), used}; }
    };

    BackgroundHasher(std::size_t buffers, std::size_t buffer_bytes);
    ~BackgroundHasher();
    BackgroundHasher(const BackgroundHasher&) = delete;
    BackgroundHasher& operator=(const BackgroundHasher&) = delete;

    /// An empty buffer; waits until one is free. Give each back with submit().
    Buffer* acquire();
    /// Hashes the used part of the buffer, in the order of the calls, then frees it.
    void submit(Buffer* buffer);
    /// Waits for everything submitted and returns the lowercase hex digest. Call once.
    std::string finish();

private:
    void run();

    std::vector<Buffer> buffers_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Buffer*> free_;
    std::deque<Buffer*> waiting_;
    bool closing_ = false;
    Hasher hasher_{HashAlgorithm::Sha512};
    std::thread thread_;
};

}  // namespace virga::image
