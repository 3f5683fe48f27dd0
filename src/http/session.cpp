#include "http/session.hpp"

#include <sys/socket.h>

#include <boost/asio/post.hpp>

#include <cerrno>
#include "http/scratch.hpp"

namespace virga::http {
namespace {

/// A client that is still sending sees the answer only if what it sends is read: so much of it, for so long.
constexpr std::size_t kLingerBytes = 64UL * 1024 * 1024;
constexpr std::chrono::seconds kLingerTime{5};
constexpr std::size_t kBufferBytes = 256UL * 1024;

}  // namespace

Session::Session(Shared& shared, Socket socket, std::string remote_address)
    : shared_(shared),
      socket_(std::move(socket)),
      timer_(shared.io),
      channel_(socket_.native_handle()),
      remote_address_(std::move(remote_address)),
      buffer_(kBufferBytes),
      share_(shared.bodies),
      open_share_(shared.open_bodies) {
    ++shared_.open;
    ++shared_.open_of_peer[remote_address_];
    const std::lock_guard lock(shared_.mutex);
    shared_.sessions.insert(this);
}

Session::~Session() {
    {
        const std::lock_guard lock(shared_.mutex);
        shared_.sessions.erase(this);
    }
    shared_.changed.notify_all();
}

void Session::start() {
    if (!shared_.tls) return next_request();
    channel_.secure(shared_.tls->current());
    become(State::Handshake, &shared_.expendable.slow);
    set_deadline(shared_.options.handshake_timeout);
    wait_for(Want::Read);
}

void Session::on_stop() {
    if (uploading_) {
        ::shutdown(channel_.fd(), SHUT_RDWR);
    } else if (state_ != State::Busy && state_ != State::Writing) {
        close();
    }
}

void Session::close() {
    if (state_ == State::Closed) return;
    if (state_ == State::Queued) shared_.uploads.give_up(ticket_);
    become(State::Closed);
    beast::error_code ignored;  // there is nobody to tell
    socket_.close(ignored);
    timer_.cancel();
    response_ = Response{};  // closes what a download holds
    share_.clear();
    open_share_.clear();
    --shared_.open;
    const auto peer = shared_.open_of_peer.find(remote_address_);
    if (--peer->second == 0) shared_.open_of_peer.erase(peer);
}

bool Session::has_unread() const {
    char first = 0;
    return ::recv(channel_.fd(), &first, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void Session::become(State state, std::list<Session*>* expendable) {
    if (standing_in_ != nullptr) standing_in_->erase(place_);
    standing_in_ = expendable;
    if (expendable != nullptr) place_ = expendable->insert(expendable->end(), this);
    state_ = state;
}

/// A pool thread gets it next.
void Session::own_elsewhere() {
    become(State::Busy);
    set_deadline({});
}

/// An idle connection keeps no memory for what it did before.
void Session::next_request() {
    if (shared_.stopping) return close();
    parser_.reset();
    stream_parser_.reset();
    body_unread_ = false;
    looked_at_ = 0;
    sent_ = 0;
    request_ = Request{};
    response_ = Response{};
    head_ = {};
    account_.clear();
    if (buffer_.size() == 0) buffer_.shrink_to_fit();
    become(State::Idle, &shared_.expendable.idle);
    set_deadline(buffer_.size() > 0 ? shared_.options.header_timeout : shared_.options.idle_timeout);
    // Nothing of the next request can have come by a way other than the socket, so there is no need to try.
    if (buffer_.size() == 0 && !channel_.secured()) return wait_for(Want::Read);
    read_request();
}

void Session::wait_for(Want want) {
    if (want == Want::End || want == Want::Nothing) return close();
    const auto type = want == Want::Read ? Socket::wait_read : Socket::wait_write;
    socket_.async_wait(type, [self = shared_from_this()](beast::error_code failure) {
        if (self->state_ == State::Closed || failure == net::error::operation_aborted) return;
        if (failure) return self->close();
        self->ready();
    });
}

void Session::ready() {
    switch (state_) {
        case State::Handshake:
            return go_on_with_handshake();
        case State::Idle:
        case State::Head:
        case State::Body:
            return read_request();
        case State::Stalled:
            own_elsewhere();
            return shared_.streams.post([self = shared_from_this()] { self->send_stream(); });
        case State::Writing:
            return write_rest();
        case State::Lingering:
            return linger();
        case State::Queued:
        case State::Busy:
        case State::Closed:
            return;
    }
}

/// Zero: no deadline. The timer runs on when a deadline moves back, and looks again when it fires: connections that are
/// in use cost no timer.
void Session::set_deadline(std::chrono::milliseconds rest) {
    deadline_ = rest.count() == 0 ? Clock::time_point::max() : Clock::now() + rest;
    if (rest.count() == 0) return;
    if (timer_runs_ && timer_.expiry() <= deadline_) return;
    watch_deadline();
}

void Session::watch_deadline() {
    timer_runs_ = true;
    timer_.expires_at(deadline_);
    timer_.async_wait([weak = weak_from_this()](beast::error_code failure) {
        const auto self = weak.lock();
        if (failure || !self || self->state_ == State::Closed) return;
        self->timer_runs_ = false;
        if (self->deadline_ == Clock::time_point::max()) return;
        Clock::now() < self->deadline_ ? self->watch_deadline() : self->on_deadline();
    });
}

void Session::on_deadline() {
    if (state_ == State::Busy) return;  // a handshake's: its thread has the session now
    if (state_ != State::Queued) return close();
    shared_.uploads.give_up(ticket_);
    become(State::Busy);
    refuse(503, "Account " + account_ + " has as many uploads running as it may (" +
                    std::to_string(shared_.options.uploads_per_account) +
                    ", http.uploads_per_project), or all others have. Try again when one has ended.");
}

void Session::answered() {
    share_.clear();
    open_share_.clear();
    if (keep_alive_) return next_request();
    channel_.finish();
    if (!body_unread_ || shared_.stopping) return close();
    buffer_.clear();
    buffer_.shrink_to_fit();
    linger_left_ = kLingerBytes;
    become(State::Lingering, &shared_.expendable.slow);
    set_deadline(kLingerTime);
    linger();
}

void Session::linger() {
    const auto unwanted = scratch();
    constexpr int kReadsInARow = 16;
    for (int i = 0; i < kReadsInARow; ++i) {
        const auto got = ::recv(channel_.fd(), unwanted.data(), unwanted.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) break;
        if (got <= 0 || static_cast<std::size_t>(got) >= linger_left_ || shared_.stopping) return close();
        linger_left_ -= static_cast<std::size_t>(got);
    }
    wait_for(Want::Read);
}

}  // namespace virga::http
