#include <boost/asio/post.hpp>

#include "base/log.hpp"
#include "http/session_body.hpp"

namespace virga::http {
namespace {

constexpr std::size_t kPieceBytes = 64UL * 1024;

std::string chunk_header(std::size_t size) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string digits;
    for (; size > 0; size /= 16) digits.insert(digits.begin(), kHex[size % 16]);
    return digits + "\r\n";
}

}  // namespace

Framing Session::framing() const {
    if (!response_.stream || response_.stream_length) return Framing::Length;
    return http10_ ? Framing::UntilClose : Framing::Chunked;
}

void Session::prepare_head() {
    const auto length = response_.stream ? response_.stream_length.value_or(0) : response_.body.size();
    keep_alive_ = wants_keep_alive_ && !body_unread_ && !shared_.stopping && framing() != Framing::UntilClose;
    head_ = format_head(response_, framing(), length, keep_alive_);
    const bool no_body = request_.method == "HEAD" || response_.status == 204 || response_.status == 304;
    if (!no_body) return;
    response_.body.clear();
    response_.stream = nullptr;
}

void Session::serve() {
    response_ = shared_.router.handle(request_);
    if (response_.later) return serve_later();
    send_answer();
}

/// The session belongs to the waiting thread from here on.
void Session::serve_later() {
    const auto begun = std::make_shared<const Response>(std::move(response_));
    shared_.waiters.post(begun->later->on, [self = shared_from_this(), begun](Waiters::Turn turn) {
        const auto refused = Response::waiting_for(begun->later->on, []() -> Response {
            throw Error(ErrorCode::Unavailable, "Too many requests wait for the same host. Try again in a minute.");
        });
        self->response_ = self->shared_.router.finish(self->request_, turn == Waiters::Turn::Run ? *begun : refused);
        self->send_answer();
    });
}

void Session::serve_streaming() {
    streaming_ = true;
    Body body(*this, request_.headers.contains("expect"));
    request_.stream = &body;
    response_ = shared_.router.handle(request_);
    request_.stream = nullptr;
    body_unread_ = !body.finished();
    if (response_.stream) {
        prepare_head();
        return send_stream();
    }
    streaming_ = false;
    send_answer();
}

void Session::send_answer() {
    prepare_head();
    if (response_.stream) {
        shared_.streams.post([self = shared_from_this()] { self->send_stream(); });
    } else {
        send_prepared();
    }
}

/// The usual answer fits into the socket's buffer: it is sent from the thread that made it; only a rest needs the I/O
/// thread.
void Session::send_prepared() {
    const auto sent = send_now(fd_, head_, response_.body);
    sent_ = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    const bool complete = sent_ == head_.size() + response_.body.size();
    net::post(shared_.io, [self = shared_from_this(), broken = sent < 0, complete] {
        if (broken) return self->close();
        if (complete) return self->answered();
        self->write_rest();
    });
}

void Session::send_stream() {
    streaming_ = true;
    try {
        Wire wire(fd_, shared_.options.body_timeout, shared_.stopping);
        wire.send_all(head_);
        if (response_.stream) write_pieces(wire);
    } catch (const Error& error) {
        keep_alive_ = false;
        body_unread_ = false;
        log::info("response cut short", {{"request_id", request_.request_id},
                                         {"code", to_string(error.code())},
                                         {"message", error.message()},
                                         {"detail", error.detail()}});
    } catch (const std::exception& error) {
        keep_alive_ = false;
        body_unread_ = false;
        log::error("response cut short", {{"request_id", request_.request_id}, {"message", error.what()}});
    }
    response_ = Response{};  // closes what the writer holds
    streaming_ = false;
    net::post(shared_.io, [self = shared_from_this()] { self->answered(); });
}

/// Throws when the writer ends early, so that the connection closes and the client notices.
void Session::write_pieces(Wire& wire) {
    const bool chunked = framing() == Framing::Chunked;
    auto left = response_.stream_length.value_or(UINT64_MAX);
    std::string piece(kPieceBytes, '\0');
    while (left > 0) {
        const auto size = response_.stream(piece.data(), std::min<std::uint64_t>(piece.size(), left));
        if (size == 0) break;
        const std::string_view data(piece.data(), size);
        if (chunked) wire.send_all(chunk_header(size));
        wire.send_all(data);
        if (chunked) wire.send_all("\r\n");
        left -= size;
    }
    if (response_.stream_length && left > 0)
        throw Error(ErrorCode::Corrupt, "the response has less data than it announced");
    if (chunked) wire.send_all("0\r\n\r\n");
}

}  // namespace virga::http
