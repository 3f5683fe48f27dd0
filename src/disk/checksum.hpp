#pragma once
#include <atomic>
#include <functional>
#include <future>
#include <string>

#include "base/crypto.hpp"

namespace virga::disk {

/// Lowercase hex digest of a file. Holes count as zeros and are not read. Empty when `stop` said so.
std::string digest_of(const std::string& path, HashAlgorithm algorithm, const std::function<bool()>& stop);

/// Computes the digest of a file on a thread of its own. Destruction ends the thread.
class ChecksumThread {
public:
    ChecksumThread(const std::string& path, HashAlgorithm algorithm);
    ~ChecksumThread();
    ChecksumThread(const ChecksumThread&) = delete;
    ChecksumThread& operator=(const ChecksumThread&) = delete;

    /// Waits; lowercase hex. Throws what reading threw. `cancelled` is asked every 100 ms; true throws
    /// Error{Cancelled}.
    std::string wait(const std::function<bool()>& cancelled);

private:
    std::atomic<bool> stop_{false};
    std::future<std::string> digest_;
};

}  // namespace virga::disk
