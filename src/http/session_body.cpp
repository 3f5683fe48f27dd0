#include "http/session_body.hpp"

#include "http/feed.hpp"

namespace virga::http {
namespace {

constexpr std::size_t kFetchBytes = 128UL * 1024;

}  // namespace

Session::Body::Body(Session& session, bool expects_continue)
    : session_(session),
      parser_(*session.stream_parser_),
      wire_(session.channel_, session.shared_),
      expects_continue_(expects_continue) {}

std::size_t Session::Body::read(char* into, std::size_t size) {
    if (failed_) throw Error(ErrorCode::Cancelled, "the request body was cut short");
    if (size == 0) return 0;
    failed_ = true;  // until the read has succeeded: an exception leaves the connection unusable
    std::size_t got = 0;
    while (got == 0 && !parser_.is_done()) {
        if (session_.buffer_.size() > 0) got = parse(into, size);
        if (got == 0 && !parser_.is_done()) fetch();
    }
    failed_ = false;
    return got;
}

/// Moves what the buffer holds through the parser; 0 when it needs more bytes first (or the body ended).
std::size_t Session::Body::parse(char* into, std::size_t size) {
    auto& target = parser_.get().body();
    target.data = into;
    target.size = size;
    target.more = true;
    while (target.size == size && !parser_.is_done() && session_.buffer_.size() > 0) {
        beast::error_code failure;
        session_.buffer_.consume(feed(parser_, session_.buffer_.data(), failure));
        if (failure == beast::http::error::need_more) break;
        if (failure && failure != beast::http::error::need_buffer) {
            throw Error(ErrorCode::InvalidInput, "the request body is not valid chunked encoding", failure.message());
        }
    }
    const auto got = size - target.size;
    target.data = nullptr;
    target.size = 0;
    return got;
}

void Session::Body::fetch() {
    auto& buffer = session_.buffer_;
    const auto room = std::min(kFetchBytes, buffer.max_size() - buffer.size());
    if (room == 0) throw Error(ErrorCode::InvalidInput, "the request body has a chunk header that is too long");
    if (expects_continue_) {
        wire_.send_all("HTTP/1.1 100 Continue\r\n\r\n");
        expects_continue_ = false;
    }
    const auto into = buffer.prepare(room);
    buffer.commit(wire_.receive(into.data(), into.size()));
}

bool Session::Body::finished() noexcept {
    if (failed_) return false;
    if (parser_.is_done()) return true;
    if (session_.buffer_.size() == 0) return false;
    // A handler that counts bytes doesn't ask for the end; the end of a chunked body may be in the buffer already.
    char unwanted = 0;
    try {
        return parse(&unwanted, 1) == 0 && parser_.is_done();
    } catch (const Error&) {
        return false;  // nobody asked for these bytes: the answer stands, and the connection ends behind it
    }
}

}  // namespace virga::http
