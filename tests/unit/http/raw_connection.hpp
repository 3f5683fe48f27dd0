#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace virga::http::testing {

/// A plain socket to the server under test, for what a well-behaved client never sends.
class RawConnection {
public:
    explicit RawConnection(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval timeout{20, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
        if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("can't connect");
        }
    }
    ~RawConnection() { close(); }
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;

    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

    /// Close with RST, as a client that is killed with unread data does.
    void reset() {
        const linger hard{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }

    /// False when the server has closed the connection.
    bool send(std::string_view data) {
        while (!data.empty()) {
            const auto sent = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            data.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// Everything up to and with `end`; what came behind it is kept for the next call. Empty when the connection ended
    /// first.
    std::string read_until(std::string_view end) {
        for (;;) {
            const auto found = pending_.find(end);
            if (found != std::string::npos) return take(found + end.size());
            if (!fill()) return {};
        }
    }

    /// One response with a Content-Length: head and body.
    std::string read_response() {
        auto head = read_until("\r\n\r\n");
        const auto at = head.find("Content-Length: ");
        if (at == std::string::npos) return head;
        const auto length = std::stoul(head.substr(at + 16));
        while (pending_.size() < length && fill()) {
        }
        return head + take(std::min(length, pending_.size()));
    }

    std::string read_all() {
        while (fill()) {
        }
        return take(pending_.size());
    }

private:
    bool fill() {
        char data[16384];
        const auto got = ::recv(fd_, data, sizeof data, 0);
        if (got <= 0) return false;
        pending_.append(data, static_cast<std::size_t>(got));
        return true;
    }

    std::string take(std::size_t size) {
        auto out = pending_.substr(0, size);
        pending_.erase(0, size);
        return out;
    }

    int fd_;
    std::string pending_;
};

}  // namespace virga::http::testing
