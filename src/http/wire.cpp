#include "http/wire.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "http/session.hpp"
#include "http/status.hpp"

namespace virga::http {
namespace {

/// How often an upload that waits looks whether others need its thread.
constexpr std::chrono::milliseconds kLook{250};
constexpr double kSlowestBytesPerSecond = 16.0 * 1024;

bool is_framing_header(std::string_view name) {
    Headers one;
    one.add(name, {});
    return one.contains("content-length") || one.contains("transfer-encoding") || one.contains("connection");
}

void append_clean(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (c != '\r' && c != '\n' && c != '\0') out += c;
    }
}

bool has_no_body(int status) {
    return status == 204 || status == 304 || status < 200;
}

[[noreturn]] void client_gone() {
    throw Error(ErrorCode::Cancelled, "the client closed the connection");
}

}  // namespace

std::string format_head(const Response& response, Framing framing, std::uint64_t length, bool keep_alive) {
    std::string out;
    out.reserve(320);
    out += "HTTP/1.1 ";
    out += std::to_string(response.status);
    out += ' ';
    out += reason_phrase(response.status);
    out += "\r\n";
    for (const auto& [name, value] : response.headers.all()) {
        if (is_framing_header(name)) continue;
        append_clean(out, name);
        out += ": ";
        append_clean(out, value);
        out += "\r\n";
    }
    if (framing == Framing::Chunked) {
        out += "Transfer-Encoding: chunked\r\n";
    } else if (framing == Framing::Length && !has_no_body(response.status)) {
        out += "Content-Length: " + std::to_string(length) + "\r\n";
    }
    out += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    return out;
}

Wire::Wire(Channel& channel, const Shared& shared) : channel_(channel), shared_(shared), window_start_(Clock::now()) {}

bool Wire::too_slow() const {
    const auto window = Clock::now() - window_start_;
    if (!shared_.uploads.wanted() || window < shared_.options.stalled_timeout) return false;
    return static_cast<double>(window_bytes_) < kSlowestBytesPerSecond * std::chrono::duration<double>(window).count();
}

/// Counts anew once in a while, so that a fast beginning doesn't excuse a stall.
void Wire::keep_pace(std::size_t moved) {
    window_bytes_ += moved;
    if (Clock::now() - window_start_ < shared_.options.stalled_timeout) return;
    window_start_ = Clock::now();
    window_bytes_ = 0;
}

void Wire::wait_for(Want want) {
    if (want == Want::End) client_gone();
    const auto until = Clock::now() + shared_.options.body_timeout;
    pollfd entry{channel_.fd(), static_cast<short>(want == Want::Read ? POLLIN : POLLOUT), 0};
    for (;;) {
        if (shared_.stopping) throw Error(ErrorCode::Cancelled, "the service is stopping");
        if (too_slow()) throw Error(ErrorCode::Timeout, "The upload is too slow while others wait.");
        const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        if (rest.count() <= 0) throw Error(ErrorCode::Timeout, "the client moved no data for too long");
        const int ready = ::poll(&entry, 1, static_cast<int>(std::min(rest, kLook).count()));
        if (ready > 0) return;
        if (ready < 0 && errno != EINTR) throw_errno(ErrorCode::Internal, "poll", errno);
    }
}

std::size_t Wire::receive(void* into, std::size_t size) {
    for (;;) {
        if (too_slow()) throw Error(ErrorCode::Timeout, "The upload is too slow while others wait.");
        const auto moved = channel_.read(into, size);
        if (moved.bytes > 0) {
            keep_pace(moved.bytes);
            return moved.bytes;
        }
        wait_for(moved.want);
    }
}

void Wire::send_all(std::string_view data) {
    while (!data.empty()) {
        const auto moved = channel_.write(data);
        data.remove_prefix(moved.bytes);
        if (!data.empty()) wait_for(moved.want);
    }
}

}  // namespace virga::http
