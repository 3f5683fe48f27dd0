#pragma once
#include <atomic>
#include <future>
#include <string>

namespace virga::disk {

/// Computes the sha512 of a file on a thread of its own. Destruction ends the thread.
class ChecksumThread {
public:
    explicit ChecksumThread(const std::string& path);
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
