#include <sys/socket.h>

#include <boost/asio/post.hpp>

#include "http/session.hpp"

namespace virga::http {
namespace {

constexpr std::string_view kPlainRefused =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 58\r\n\r\n"
    "This port speaks TLS only: use a URL that starts https://\n";

}  // namespace

void Session::go_on_with_handshake() {
    char first = 0;
    if (!handshake_begun_ && ::recv(channel_.fd(), &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 && first >= 'A' &&
        first <= 'Z') {
        return refuse_plain_http();
    }
    handshake_begun_ = true;
    become(State::Busy);
    shared_.handshakes->post([self = shared_from_this()] { self->shake_hands(); });
}

/// The costly arithmetic of a handshake has a thread of its own.
void Session::shake_hands() {
    const auto want = channel_.handshake();
    net::post(shared_.io, [self = shared_from_this(), want] { self->after_handshake(want); });
}

void Session::after_handshake(Want want) {
    if (shared_.stopping || Clock::now() > deadline_) return close();
    if (want == Want::Nothing) return next_request();
    become(State::Handshake, &shared_.expendable.slow);
    wait_for(want);
}

void Session::refuse_plain_http() {
    ::send(channel_.fd(), kPlainRefused.data(), kPlainRefused.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    ::shutdown(channel_.fd(), SHUT_WR);
    linger_left_ = 64UL * 1024;
    become(State::Lingering, &shared_.expendable.slow);
    linger();
}

}  // namespace virga::http
