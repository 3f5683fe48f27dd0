#pragma once
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "http/channel.hpp"
#include "http/http.hpp"

namespace virga::http {

struct Shared;

/// How a response frames its body.
enum class Framing { Length, Chunked, UntilClose };

/// Status line and headers with the blank line. Content-Length, Transfer-Encoding and Connection of the response itself
/// are replaced; line breaks in header values are left out. `length` counts with Framing::Length.
std::string format_head(const Response& response, Framing framing, std::uint64_t length, bool keep_alive);

/// Blocking transfers on a connection that an upload's thread owns for a while. Nothing else may use it meanwhile.
class Wire {
public:
    /// Every transfer moves a byte within `body_timeout`. While others wait for a thread, less than 16 KiB/s over
    /// `stalled_timeout` is too slow. When the server stops and the socket is shut down, transfers end with
    /// Error{Cancelled}.
    Wire(Channel& channel, const Shared& shared);

    /// At least one byte. Throws Error{Cancelled} when the peer is gone, Error{Timeout}.
    std::size_t receive(void* into, std::size_t size);
    /// All of `data`. Throws as receive() does.
    void send_all(std::string_view data);

private:
    using Clock = std::chrono::steady_clock;
    void wait_for(Want want);
    void keep_pace(std::size_t moved);
    bool too_slow() const;

    Channel& channel_;
    const Shared& shared_;
    Clock::time_point window_start_;
    std::size_t window_bytes_ = 0;
};

}  // namespace virga::http
