#include "http/channel.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace virga::http {
namespace {

bool is_full(int failure) {
    return failure == EAGAIN || failure == EWOULDBLOCK;
}

Moved read_plain(int fd, void* into, std::size_t size) {
    for (;;) {
        const auto got = ::recv(fd, into, size, MSG_DONTWAIT);
        if (got > 0) return {static_cast<std::size_t>(got), Want::Nothing};
        if (got == 0) return {0, Want::End};
        if (errno != EINTR) return {0, is_full(errno) ? Want::Read : Want::End};
    }
}

Moved write_plain(int fd, std::string_view head, std::string_view body) {
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
        if (moved < 0) return {sent, is_full(errno) ? Want::Write : Want::End};
        sent += static_cast<std::size_t>(moved);
    }
    return {sent, Want::Nothing};
}

}  // namespace

Moved Channel::read(void* into, std::size_t size) {
    return tls_ ? tls_->read(into, size) : read_plain(fd_, into, size);
}

Moved Channel::write(std::string_view head, std::string_view body) {
    return tls_ ? tls_->write(head, body) : write_plain(fd_, head, body);
}

void Channel::finish() {
    if (tls_) tls_->finish();
    ::shutdown(fd_, SHUT_WR);
}

bool peer_has_gone(int fd) {
    pollfd entry{fd, POLLRDHUP, 0};
    return ::poll(&entry, 1, 0) > 0 && (entry.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace virga::http
