#include "http/session.hpp"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "http/target.hpp"

namespace virga::http {
namespace {

constexpr std::uint32_t kHeaderBytes = 16 * 1024;
constexpr std::size_t kBufferBytes = 256UL * 1024;
constexpr std::size_t kFirstRead = 4096;
constexpr std::size_t kBodyRead = 64UL * 1024;
/// A client that is still sending sees the answer only if what it sends is read: so much of it, for so long.
constexpr std::size_t kLingerBytes = 64UL * 1024 * 1024;
constexpr std::chrono::seconds kLingerTime{5};

bool is_host(std::string_view text) {
    if (text.empty() || text.size() > 255) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
               c == '_' || c == ':' || c == '[' || c == ']';
    });
}

bool names_clean(const Request& request) {
    for (const auto& [name, value] : request.query) {
        if (!is_clean_utf8(name) || !is_clean_utf8(value)) return false;
    }
    return is_clean_utf8(request.path);
}

void log_client_id(const Request& request) {
    const auto id = request.headers.get("x-openstack-request-id");
    if (id.empty()) return;
    log::info("request", {{"request_id", request.request_id},
                          {"client_request_id", id.substr(0, 64)},
                          {"method", request.method},
                          {"path", request.path}});
}

}  // namespace

Session::Session(Shared& shared, Socket socket, std::string remote_address)
    : shared_(shared),
      stream_(std::move(socket)),
      fd_(stream_.socket().native_handle()),
      remote_address_(std::move(remote_address)),
      buffer_(kBufferBytes) {
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

void Session::on_stop() {
    if (streaming_) {
        ::shutdown(fd_, SHUT_RDWR);
    } else if (!busy_ && sent_ == 0) {
        close();
    }
}

void Session::close() {
    stream_.close();
}

void Session::next_request() {
    if (shared_.stopping) return close();
    parser_.emplace();
    parser_->header_limit(kHeaderBytes);
    parser_->body_limit(boost::none);
    stream_parser_.reset();
    header_seen_ = false;
    body_unread_ = false;
    sent_ = 0;
    request_ = Request{};
    response_ = Response{};
    if (buffer_.size() > 0) {
        stream_.expires_after(shared_.options.header_timeout);
        return advance();
    }
    if (buffer_.capacity() > kBodyRead) buffer_.shrink_to_fit();
    stream_.expires_after(shared_.options.idle_timeout);
    stream_.async_read_some(buffer_.prepare(kFirstRead),
                            [self = shared_from_this()](beast::error_code failure, std::size_t size) {
                                if (failure) return self->close();
                                self->buffer_.commit(size);
                                self->stream_.expires_after(self->shared_.options.header_timeout);
                                self->advance();
                            });
}

void Session::read_more(std::size_t size) {
    size = std::min(size, buffer_.max_size() - buffer_.size());
    if (size == 0) return reject(400, "The request has a chunk header that is too long.");
    stream_.async_read_some(buffer_.prepare(size),
                            [self = shared_from_this()](beast::error_code failure, std::size_t got) {
                                if (failure) return self->close();
                                self->buffer_.commit(got);
                                if (self->header_seen_) {
                                    self->stream_.expires_after(self->shared_.options.body_timeout);
                                }
                                self->advance();
                            });
}

/// Parses what has arrived, reads more where needed, and hands the request over when it is complete.
void Session::advance() {
    for (;;) {
        beast::error_code failure;
        buffer_.consume(parser_->put(buffer_.data(), failure));
        if (failure == beast::http::error::need_more) return read_more(header_seen_ ? kBodyRead : kFirstRead);
        if (failure) return reject_malformed(failure);
        if (!header_seen_ && parser_->is_header_done()) {
            header_seen_ = true;
            if (!header_arrived()) return;
        }
        if (parser_->is_done()) return hand_over();
        if (buffer_.size() == 0) return read_more(kBodyRead);
    }
}

/// False when the request goes another way than "read the body, then run the handler".
bool Session::header_arrived() {
    body_unread_ = !parser_->is_done();
    if (!fill_request()) {
        reject(400, "The request line is not valid.");
        return false;
    }
    if (request_.headers.contains("transfer-encoding") && !parser_->chunked()) {
        reject(501, "Only the transfer encoding 'chunked' is supported.");
        return false;
    }
    if (shared_.router.is_streaming(request_.method, path_of(request_.target))) {
        stream_parser_.emplace(std::move(*parser_));
        stream_.expires_never();
        busy_ = true;
        shared_.streams.post([self = shared_from_this()] { self->serve_streaming(); });
        return false;
    }
    if (request_.content_length.value_or(0) > shared_.options.body_bytes) {
        reject(413, "The request body is larger than " + std::to_string(shared_.options.body_bytes) + " bytes.");
        return false;
    }
    parser_->body_limit(shared_.options.body_bytes);
    if (!parser_->is_done()) {
        stream_.expires_after(shared_.options.body_timeout);
        if (request_.headers.contains("expect") && buffer_.size() == 0)
            send_now(fd_, "HTTP/1.1 100 Continue\r\n\r\n", {});
    }
    return true;
}

/// After a malformed header, it takes over what was understood, so that the fault has the form of the service.
bool Session::fill_request() {
    const auto& message = parser_->get();
    http10_ = message.version() < 11;
    wants_keep_alive_ = message.keep_alive();
    request_.method = std::string(message.method_string());
    request_.target = std::string(message.target());
    request_.remote_address = remote_address_;
    request_.request_id = "req-" + new_uuid();
    if (header_seen_ && parser_->content_length()) request_.content_length = *parser_->content_length();
    for (const auto& field : message) request_.headers.add(field.name_string(), std::string(field.value()));
    const auto path = path_of(request_.target);
    request_.path = percent_decode(path, false);
    request_.query = parse_query(query_of(request_.target));
    const auto host = request_.headers.get("host");
    request_.base_url = is_host(host) ? "http://" + std::string(host) : shared_.bound_url;
    log_client_id(request_);
    return path.starts_with('/') && names_clean(request_);
}

void Session::reject_malformed(beast::error_code failure) {
    using beast::http::error;
    if (!header_seen_) fill_request();
    body_unread_ = true;
    if (failure == error::header_limit || failure == error::buffer_overflow) {
        return reject(431, "The request header is larger than " + std::to_string(kHeaderBytes) + " bytes.");
    }
    if (failure == error::body_limit) {
        return reject(413, "The request body is larger than " + std::to_string(shared_.options.body_bytes) + " bytes.");
    }
    reject(400, "The request is not valid HTTP.");
}

/// Answers without a handler, from the I/O thread, and ends the connection.
void Session::reject(int status, const std::string& message) {
    if (!is_clean_utf8(request_.path)) request_.path.clear();
    response_ = shared_.router.fault(request_.path, status, message);
    response_.headers.set("x-openstack-request-id", request_.request_id);
    if (is_below(request_.path, "/compute")) response_.headers.set("x-compute-request-id", request_.request_id);
    wants_keep_alive_ = false;
    body_unread_ = true;
    stream_.expires_never();
    prepare_head();
    send_prepared();
}

void Session::hand_over() {
    body_unread_ = false;
    request_.body = std::move(parser_->get().body());
    stream_.expires_never();
    busy_ = true;
    shared_.handlers.post([self = shared_from_this()] { self->serve(); });
}

void Session::write_rest() {
    busy_ = false;
    const std::string_view rest = sent_ < head_.size() ? std::string_view(head_).substr(sent_)
                                                       : std::string_view(response_.body).substr(sent_ - head_.size());
    stream_.expires_after(shared_.options.body_timeout);
    stream_.async_write_some(net::const_buffer(rest.data(), rest.size()),
                             [self = shared_from_this()](beast::error_code failure, std::size_t size) {
                                 if (failure) return self->close();
                                 self->sent_ += size;
                                 if (self->sent_ < self->head_.size() + self->response_.body.size()) {
                                     return self->write_rest();
                                 }
                                 self->answered();
                             });
}

void Session::answered() {
    busy_ = false;
    if (keep_alive_) return next_request();
    beast::error_code ignored;  // the peer may be gone already, which is where this leads anyway
    stream_.socket().shutdown(net::ip::tcp::socket::shutdown_send, ignored);
    if (!body_unread_ || shared_.stopping) return close();
    buffer_.clear();
    sent_ = 0;  // the answer is out: on_stop() may close now
    stream_.expires_after(kLingerTime);
    linger(kLingerBytes);
}

void Session::linger(std::size_t budget) {
    stream_.async_read_some(buffer_.prepare(kBodyRead),
                            [self = shared_from_this(), budget](beast::error_code failure, std::size_t size) {
                                if (failure || size >= budget || self->shared_.stopping) return self->close();
                                self->linger(budget - size);
                            });
}

}  // namespace virga::http
