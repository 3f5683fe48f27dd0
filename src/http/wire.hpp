#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "http/http.hpp"

namespace virga::http {

/// How a response frames its body.
enum class Framing { Length, Chunked, UntilClose };

/// Status line and headers with the blank line. Content-Length, Transfer-Encoding and Connection of the response itself
/// are replaced; line breaks in header values are left out. `length` counts with Framing::Length.
std::string format_head(const Response& response, Framing framing, std::uint64_t length, bool keep_alive);

/// Sends what the socket takes at once, never blocks. Returns the bytes sent (of `head`, then `body`), or -1 when the
/// connection is broken.
long send_now(int fd, std::string_view head, std::string_view body);

/// Blocking transfers on a socket that a stream thread owns for a while. Nothing else may read or write it meanwhile.
class Wire {
public:
    /// `timeout` bounds the time without any byte moving. When `stopping` becomes true and the socket is shut down,
    /// transfers end with Error{Cancelled}.
    Wire(int fd, std::chrono::milliseconds timeout, const std::atomic<bool>& stopping);

    /// At least one byte. Throws Error{Cancelled} when the peer is gone, Error{Timeout}.
    std::size_t receive(void* into, std::size_t size);
    /// All of `data`. Throws as receive() does.
    void send_all(std::string_view data);

private:
    void wait_for(short events);

    int fd_;
    std::chrono::milliseconds timeout_;
    const std::atomic<bool>& stopping_;
};

}  // namespace virga::http
