#include "rpc/socket/connection.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "base/error.hpp"
#include "rpc/message.hpp"

namespace virga::rpc {
namespace {

/// Who takes no byte for so long is gone: a sender must not wait for a stopped process for ever.
constexpr timeval kSendTimeout{30, 0};

sockaddr_un address_of(const std::string& path) {
    check_path(path);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

bool write_all(int fd, const char* data, std::size_t size) {
    while (size > 0) {
        const auto sent = ::send(fd, data, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        data += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

}  // namespace

void check_path(const std::string& path) {
    if (path.size() < sizeof sockaddr_un::sun_path) return;
    throw Error(ErrorCode::InvalidInput, "state folder: its path is too long for a socket: " + path);
}

Connection::Connection(int fd) : fd_(fd) {
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kSendTimeout, sizeof kSendTimeout);
}
Connection::~Connection() {
    ::close(fd_);
}

bool Connection::send_text(std::string_view text) {
    std::string frame(4, '\0');
    for (int i = 0; i < 4; ++i) frame[static_cast<std::size_t>(i)] = static_cast<char>(text.size() >> (24 - 8 * i));
    frame += text;
    const std::lock_guard lock(send_mutex_);
    if (write_all(fd_, frame.data(), frame.size())) return true;
    shut_down();  // a frame that was begun can't be gone on from
    return false;
}

std::optional<json::object> Connection::receive() {
    unsigned char head[4];
    if (!read_all(reinterpret_cast<char*>(head), sizeof head)) return std::nullopt;
    std::size_t size = 0;
    for (const unsigned char byte : head) size = size << 8 | byte;
    if (size > kMaxMessage) return std::nullopt;
    std::string text(size, '\0');
    if (!read_all(text.data(), size)) return std::nullopt;
    boost::system::error_code failure;
    auto value = json::parse(text, failure);
    if (failure || !value.is_object()) return std::nullopt;
    return std::move(value.get_object());
}

void Connection::shut_down() {
    ::shutdown(fd_, SHUT_RDWR);
}

bool Connection::read_all(char* into, std::size_t size) {
    while (size > 0) {
        const auto got = ::recv(fd_, into, size, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        into += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

int connect_unix(const std::string& path) {
    const auto address = address_of(path);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    const int failure = errno;
    ::close(fd);
    errno = failure;
    return -1;
}

int listen_unix(const std::string& path) {
    const auto address = address_of(path);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) throw_errno(ErrorCode::Unavailable, "socket", errno);
    ::unlink(path.c_str());
    const auto old_mask = ::umask(0177);
    const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::umask(old_mask);
    if (bound && ::listen(fd, 64) == 0) return fd;
    const int failure = errno;
    ::close(fd);
    throw_errno(ErrorCode::Unavailable, "cannot listen on " + path, failure);
}

bool peer_is_trusted(int fd) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    return peer.uid == 0 || peer.uid == ::geteuid();
}

}  // namespace virga::rpc
