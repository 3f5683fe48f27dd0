#include <boost/asio/post.hpp>

#include "base/log.hpp"
#include "base/work_scope.hpp"
#include "http/scratch.hpp"
#include "http/session_body.hpp"

namespace virga::http {
namespace {

/// Of one download, until the others of its thread have their turn.
constexpr std::size_t kTurnBytes = 4UL * 1024 * 1024;
/// Who has waited longer may have given up.
constexpr std::chrono::seconds kPatience{1};
constexpr std::string_view kLastChunk = "0\r\n\r\n";

std::string chunk_header(std::size_t size) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string digits;
    for (; size > 0; size /= 16) digits.insert(digits.begin(), kHex[size % 16]);
    return digits + "\r\n";
}

bool changes_nothing(const Request& request) {
    return request.method == "GET" || request.method == "HEAD";
}

}  // namespace

Framing Session::framing() const {
    if (!response_.stream || response_.stream_length) return Framing::Length;
    return http10_ ? Framing::UntilClose : Framing::Chunked;
}

void Session::prepare_head() {
    const auto length = response_.stream ? response_.stream_length.value_or(0) : response_.body.size();
    keep_alive_ = wants_keep_alive_ && !body_unread_ && !shared_.stopping && framing() != Framing::UntilClose;
    const auto hsts = shared_.options.tls.hsts.count();
    if (shared_.tls && hsts > 0) response_.headers.set("Strict-Transport-Security", "max-age=" + std::to_string(hsts));
    head_ = format_head(response_, framing(), length, keep_alive_);
    const bool no_body = request_.method == "HEAD" || response_.status == 204 || response_.status == 304;
    if (!no_body) return;
    response_.body.clear();
    response_.stream = nullptr;
}

void Session::serve() {
    const int fd = channel_.fd();
    if (changes_nothing(request_) && Clock::now() - queued_at_ > kPatience && peer_has_gone(fd)) {
        return net::post(shared_.io, [self = shared_from_this()] { self->close(); });
    }
    {
        const WorkScope scope([fd] { return peer_has_gone(fd); }, shared_.options.handler_limit);
        response_ = shared_.router.handle(request_);
    }
    if (response_.later) return serve_later();
    request_.body = {};
    share_.clear();
    open_share_.clear();
    send_answer();
}

/// The session belongs to the waiting thread from here on.
void Session::serve_later() {
    const auto begun = std::make_shared<const Response>(std::move(response_));
    // A small body came without a look at its account.
    const auto account = account_.empty() ? shared_.router.admit(request_).account : account_;
    shared_.waiters.post(begun->later->on, account, [self = shared_from_this(), begun](Waiters::Turn turn) {
        const auto refused = Response::waiting_for(begun->later->on, []() -> Response {
            throw Error(ErrorCode::Unavailable, "Too many requests wait for the same host. Try again in a minute.");
        });
        const int fd = self->channel_.fd();
        const WorkScope scope([fd] { return peer_has_gone(fd); }, self->shared_.options.handler_limit);
        self->response_ = self->shared_.router.finish(self->request_, turn == Waiters::Turn::Run ? *begun : refused);
        self->send_answer();
    });
}

void Session::serve_upload() {
    uploading_ = true;
    Body body(*this, request_.headers.contains(RequestHeader::Expect));
    request_.stream = &body;
    response_ = shared_.router.handle(request_);
    request_.stream = nullptr;
    body_unread_ = !body.finished();
    uploading_ = false;
    net::post(shared_.io, [&places = shared_.uploads, account = account_] { places.leave(account); });
    send_answer();
}

void Session::send_answer() {
    prepare_head();
    if (!response_.stream) return send_prepared();
    piece_ = std::move(head_);
    piece_sent_ = 0;
    last_piece_ = false;
    stream_left_ = response_.stream_length.value_or(UINT64_MAX);
    shared_.streams.post([self = shared_from_this()] { self->send_stream(); });
}

/// The usual answer fits into the socket's buffer: it is sent from the thread that made it; only a rest needs the I/O
/// thread.
void Session::send_prepared() {
    const auto moved = channel_.write(head_, response_.body);
    sent_ = moved.bytes;
    net::post(shared_.io, [self = shared_from_this(), want = moved.want] {
        if (want == Want::Nothing) return self->answered();
        const auto rest = self->head_.size() + self->response_.body.size() - self->sent_;
        // Answers that nobody reads count as bodies do.
        if (want == Want::End || !self->share_.grow(rest)) return self->close();
        self->become(State::Writing, &self->shared_.expendable.stalled);
        self->set_deadline(self->shared_.options.body_timeout);
        self->wait_for(want);
    });
}

void Session::write_rest() {
    const auto in_head = std::min(sent_, head_.size());
    const auto moved = channel_.write(std::string_view(head_).substr(in_head),
                                      std::string_view(response_.body).substr(sent_ - in_head));
    sent_ += moved.bytes;
    if (moved.want == Want::Nothing) return answered();
    if (moved.bytes > 0) set_deadline(shared_.options.body_timeout);
    wait_for(moved.want);
}

/// Sends pieces until the socket takes no more. A reader that is slow then costs a socket and one piece, but no thread.
void Session::send_stream() {
    std::size_t turn = 0;
    try {
        while (turn < kTurnBytes) {
            if (shared_.stopping) throw Error(ErrorCode::Cancelled, "the service is stopping");
            if (piece_sent_ == piece_.size() && !next_piece()) return stream_ended();
            const auto moved = channel_.write(std::string_view(piece_).substr(piece_sent_));
            piece_sent_ += moved.bytes;
            turn += moved.bytes;
            if (moved.want == Want::End) throw Error(ErrorCode::Cancelled, "the client closed the connection");
            if (moved.want != Want::Nothing) return stall(moved.want);
        }
    } catch (const Error& error) {
        return stream_failed(error);
    } catch (const std::exception& error) {
        return stream_failed(Error(ErrorCode::Internal, error.what()));
    }
    shared_.streams.post([self = shared_from_this()] { self->send_stream(); });
}

/// False behind the last piece. Throws when the writer ends early, so that the connection closes and the client
/// notices.
bool Session::next_piece() {
    const auto made = scratch();
    if (last_piece_ || !response_.stream || stream_left_ == 0) return false;
    const auto size = response_.stream(made.data(), std::min<std::uint64_t>(made.size(), stream_left_));
    piece_sent_ = 0;
    if (size == 0 && response_.stream_length)
        throw Error(ErrorCode::Corrupt, "the response has less data than it announced");
    const bool chunked = framing() == Framing::Chunked;
    last_piece_ = size == 0;
    piece_ = chunked && size > 0 ? chunk_header(size) : std::string();
    piece_.append(made.data(), size);
    if (chunked) piece_ += last_piece_ ? kLastChunk : "\r\n";
    stream_left_ -= size;
    return !piece_.empty();
}

void Session::stall(Want want) {
    net::post(shared_.io, [self = shared_from_this(), want] {
        if (self->shared_.stopping) return self->close();
        auto& stalled = self->shared_.expendable.stalled;
        // Each holds a piece in memory.
        if (stalled.size() >= std::max<std::size_t>(self->shared_.options.connections / 4, 1)) stalled.front()->close();
        self->become(State::Stalled, &stalled);
        self->set_deadline(self->shared_.options.body_timeout);
        self->wait_for(want);
    });
}

void Session::stream_failed(const Error& error) {
    keep_alive_ = false;
    body_unread_ = false;
    const log::Fields fields{{"request_id", request_.request_id},
                             {"code", to_string(error.code())},
                             {"message", error.message()},
                             {"detail", error.detail()}};
    error.code() == ErrorCode::Cancelled ? log::info("response cut short", fields)
                                         : log::error("response cut short", fields);
    stream_ended();
}

void Session::stream_ended() {
    response_ = Response{};  // closes what the writer holds
    piece_ = {};
    piece_sent_ = 0;
    net::post(shared_.io, [self = shared_from_this()] { self->answered(); });
}

}  // namespace virga::http
