#include "http/wire.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "http/status.hpp"

namespace virga::http {
namespace {

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

long send_now(int fd, std::string_view head, std::string_view body) {
    std::size_t sent = 0;
    while (sent < head.size() + body.size()) {
        const auto from_head = std::min(sent, head.size());
        const auto from_body = sent - from_head;
        std::array<iovec, 2> parts{{{const_cast<char*>(head.data()) + from_head, head.size() - from_head},
                                    {const_cast<char*>(body.data()) + from_body, body.size() - from_body}}};
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = parts.size();
        const auto moved = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (moved < 0 && errno == EINTR) continue;
        if (moved < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? static_cast<long>(sent) : -1;
        sent += static_cast<std::size_t>(moved);
    }
    return static_cast<long>(sent);
}

Wire::Wire(int fd, std::chrono::milliseconds timeout, const std::atomic<bool>& stopping)
    : fd_(fd), timeout_(timeout), stopping_(stopping) {}

void Wire::wait_for(short events) {
    pollfd entry{fd_, events, 0};
    int ready = 0;
    do {
        if (stopping_) throw Error(ErrorCode::Cancelled, "the service is stopping");
        ready = ::poll(&entry, 1, static_cast<int>(timeout_.count()));
    } while (ready < 0 && errno == EINTR);
    if (ready < 0) throw_errno(ErrorCode::Internal, "poll", errno);
    if (ready == 0) throw Error(ErrorCode::Timeout, "the client moved no data for too long");
}

std::size_t Wire::receive(void* into, std::size_t size) {
    for (;;) {
        const auto got = ::recv(fd_, into, size, MSG_DONTWAIT);
        if (got > 0) return static_cast<std::size_t>(got);
        if (got == 0) client_gone();
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            wait_for(POLLIN);
        } else if (errno != EINTR) {
            client_gone();
        }
    }
}

void Wire::send_all(std::string_view data) {
    while (!data.empty()) {
        if (stopping_) throw Error(ErrorCode::Cancelled, "the service is stopping");
        const auto sent = send_now(fd_, data, {});
        if (sent < 0) client_gone();
        data.remove_prefix(static_cast<std::size_t>(sent));
        if (!data.empty()) wait_for(POLLOUT);
    }
}

}  // namespace virga::http
