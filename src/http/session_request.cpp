#include <boost/asio/post.hpp>
#include <cstring>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "http/feed.hpp"
#include "http/scratch.hpp"
#include "http/session.hpp"
#include "http/target.hpp"

namespace virga::http {
namespace {

constexpr std::size_t kHeaderBytes = 16UL * 1024;
constexpr std::size_t kReadBytes = 64UL * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string_view view_of(const beast::flat_buffer& buffer) {
    return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

/// What is wrong with the request line; empty when nothing is.
std::string line_fault(const Request& request) {
    constexpr std::size_t kShown = 64;
    constexpr std::string_view kRule = "must be valid UTF-8 without a NUL character (U+0000)";
    if (!path_of(request.target).starts_with('/')) return "The request line is not valid.";
    if (!is_clean_utf8(request.path)) return "path: " + std::string(kRule);
    for (const auto& [name, value] : request.query) {
        if (!is_clean_utf8(name)) return "names of query parameters: " + std::string(kRule);
        if (is_clean_utf8(value)) continue;
        return (name.size() <= kShown ? name : "query parameter") + ": " + std::string(kRule);
    }
    return {};
}

void log_client_id(const Request& request) {
    const auto id = request.headers.get(RequestHeader::ClientRequestId);
    if (id.empty()) return;
    log::info("request", {{"request_id", request.request_id},
                          {"client_request_id", id.substr(0, 64)},
                          {"method", request.method},
                          {"path", request.path}});
}

HeadFault too_long() {
    return {431, "The request header is larger than " + std::to_string(kHeaderBytes) + " bytes."};
}

}  // namespace

/// Takes what has arrived, reads more where needed, and hands the request over when it is complete.
void Session::read_request() {
    while (state_ == State::Body ? take_body() : take_head()) {
        if (!receive(kReadBytes)) return;
    }
}

/// False when nothing came: the session waits then, or is closed.
bool Session::receive(std::size_t size) {
    const auto arrived = scratch();
    const auto room = std::min(size, buffer_.max_size() - buffer_.size());
    if (room == 0) {
        refuse(400, "The request has a chunk header that is too long.");
        return false;
    }
    const auto moved = channel_.read(arrived.data(), room);
    if (moved.bytes == 0) {
        wait_for(moved.want);
        return false;
    }
    std::memcpy(buffer_.prepare(moved.bytes).data(), arrived.data(), moved.bytes);
    buffer_.commit(moved.bytes);
    if (state_ == State::Body) set_deadline(shared_.options.body_timeout);
    return true;
}

/// True when more bytes are needed. The parser sees a head only when it is complete and was checked.
bool Session::take_head() {
    const auto data = view_of(buffer_);
    if (data.empty()) return true;
    const auto length = head_length(data, looked_at_);
    if (length == 0) {
        looked_at_ = data.size();
        if (data.size() > kHeaderBytes) return refuse_head(too_long()), false;
        if (!may_become_head(data)) return refuse_head({400, "The request is not valid HTTP."}), false;
        if (state_ == State::Head) return true;
        become(State::Head, &shared_.expendable.slow);
        set_deadline(shared_.options.header_timeout);
        return true;
    }
    if (length > kHeaderBytes) return refuse_head(too_long()), false;
    if (auto fault = check_head(data.substr(0, length))) return refuse_head(std::move(*fault)), false;
    parser_.emplace();
    parser_->header_limit(2 * kHeaderBytes);
    parser_->body_limit(boost::none);
    beast::error_code failure;
    while (!failure && !parser_->is_header_done()) buffer_.consume(feed(*parser_, buffer_.data(), failure));
    if (failure) return refuse_head({400, "The request is not valid HTTP."}), false;
    fill_request();
    if (const auto fault = line_fault(request_); !fault.empty()) return refuse(400, fault), false;
    route();
    return state_ == State::Body && take_body();
}

/// Takes over what can be understood, so that the fault has the form of the service.
void Session::refuse_head(HeadFault fault) {
    parser_.emplace();
    parser_->header_limit(8 * kHeaderBytes);
    beast::error_code ignored;  // it is known to be bad
    feed(*parser_, buffer_.data(), ignored);
    fill_request();
    refuse(fault.status, fault.message);
}

void Session::fill_request() {
    const auto& message = parser_->get();
    http10_ = message.version() < 11;
    wants_keep_alive_ = message.keep_alive();
    request_.method = std::string(message.method_string());
    request_.target = std::string(message.target());
    request_.remote_address = remote_address_;
    request_.request_id = "req-" + new_uuid();
    if (parser_->is_header_done() && parser_->content_length()) request_.content_length = *parser_->content_length();
    for (const auto& field : message) request_.headers.add(field.name_string(), field.value());
    request_.path = percent_decode(path_of(request_.target), false);
    request_.query = parse_query(query_of(request_.target));
    const auto host = request_.headers.get(RequestHeader::Host);
    const std::string scheme = shared_.tls ? "https://" : "http://";
    request_.base_url = is_host(host) ? scheme + std::string(host) : shared_.bound_url;
    log_client_id(request_);
}

/// The head is complete: to the handler, or to the gate when a body is on the way.
void Session::route() {
    body_unread_ = !parser_->is_done();
    const auto traits = shared_.router.traits_of(request_.method, path_of(request_.target));
    open_route_ = traits.open;
    if (!traits.streaming) {
        if (request_.content_length.value_or(0) > most_body_bytes()) {
            return refuse(413, "The request body is larger than " + std::to_string(most_body_bytes()) + " bytes.");
        }
        parser_->body_limit(most_body_bytes());
        if (parser_->is_done()) return hand_over();
        if (open_route_ || whole_body_is_here()) return read_body();
    }
    ask_gate(traits);
}

std::uint64_t Session::most_body_bytes() const {
    const auto& options = shared_.options;
    return open_route_ ? std::min(options.open_body_bytes, options.body_bytes) : options.body_bytes;
}

/// Most bodies come right behind their heads. One that is in memory already needs no gate before its handler.
bool Session::whole_body_is_here() {
    if (!request_.content_length || *request_.content_length > kReadBytes) return false;
    if (buffer_.size() >= *request_.content_length) return true;
    const auto arrived = scratch();
    const auto moved = channel_.read(arrived.data(), *request_.content_length - buffer_.size());
    std::memcpy(buffer_.prepare(moved.bytes).data(), arrived.data(), moved.bytes);
    buffer_.commit(moved.bytes);
    return buffer_.size() >= *request_.content_length;
}

void Session::ask_gate(const RouteTraits& traits) {
    own_elsewhere();
    const bool asks_nobody = !traits.found || traits.open || !request_.headers.contains(RequestHeader::AuthToken);
    const bool streaming = traits.streaming;
    if (asks_nobody) return admitted(std::make_shared<Admission>(shared_.router.admit(request_)), streaming);
    shared_.handlers.post([self = shared_from_this(), streaming] {
        auto admission = std::make_shared<Admission>(self->shared_.router.admit(self->request_));
        net::post(self->shared_.io,
                  [self, admission = std::move(admission), streaming] { self->admitted(admission, streaming); });
    });
}

void Session::admitted(const std::shared_ptr<Admission>& admission, bool streaming) {
    if (shared_.stopping) return close();
    if (admission->refusal) return send_refusal(std::move(*admission->refusal));
    account_ = std::move(admission->account);
    if (streaming) return queue_upload();
    read_body();
    if (state_ == State::Body) read_request();
}

void Session::queue_upload() {
    stream_parser_.emplace(std::move(*parser_));
    parser_.reset();
    become(State::Queued);
    set_deadline(shared_.options.body_timeout);
    const auto run = [self = shared_from_this()] {
        self->own_elsewhere();
        self->shared_.upload_threads.post([self] { self->serve_upload(); });
    };
    shared_.uploads.enter(account_, run, ticket_);
}

void Session::read_body() {
    auto& expendable = shared_.expendable;
    become(State::Body, open_route_ ? &expendable.open_bodies : &expendable.bodies);
    set_deadline(shared_.options.body_timeout);
    const bool invite = request_.headers.contains(RequestHeader::Expect) && buffer_.size() == 0;
    if (invite && channel_.write(kContinue).want != Want::Nothing) close();
}

/// True when more bytes are needed.
bool Session::take_body() {
    while (!parser_->is_done() && buffer_.size() > 0) {
        beast::error_code failure;
        const auto taken = feed(*parser_, buffer_.data(), failure);
        buffer_.consume(taken);
        if (failure && failure != beast::http::error::need_more) return refuse_body(failure), false;
        if (!charge(taken)) {
            refuse(503, "The service holds as many request bodies as it may (http.bodies_mib). Try again.");
            return false;
        }
        if (failure) return true;
    }
    if (parser_->is_done()) hand_over();
    return state_ == State::Body;
}

/// When no memory is left for bodies, those that take longest have to go.
bool Session::charge(std::size_t bytes) {
    auto& share = open_route_ ? open_share_ : share_;
    while (!share.grow(bytes)) {
        auto* oldest = standing_in_->front();
        if (oldest == this) return false;
        oldest->close();
    }
    return true;
}

void Session::refuse_body(beast::error_code failure) {
    if (failure == beast::http::error::body_limit)
        return refuse(413, "The request body is larger than " + std::to_string(most_body_bytes()) + " bytes.");
    refuse(400, "The request body is not valid HTTP.");
}

/// Answers without a handler, from the I/O thread, and ends the connection.
void Session::refuse(int status, const std::string& message) {
    if (!is_clean_utf8(request_.path)) request_.path.clear();
    auto response = shared_.router.fault(request_.path, status, message);
    response.headers.set("x-openstack-request-id", request_.request_id);
    if (is_below(request_.path, "/compute")) response.headers.set("x-compute-request-id", request_.request_id);
    if (status == 503) response.headers.set("Retry-After", "5");
    body_unread_ = true;
    send_refusal(std::move(response));
}

void Session::send_refusal(Response response) {
    own_elsewhere();
    share_.clear();
    open_share_.clear();
    response_ = std::move(response);
    wants_keep_alive_ = false;
    prepare_head();
    send_prepared();
}

void Session::hand_over() {
    body_unread_ = false;
    request_.body = std::move(parser_->get().body());
    parser_.reset();
    own_elsewhere();
    queued_at_ = Clock::now();
    shared_.handlers.post([self = shared_from_this()] { self->serve(); });
}

}  // namespace virga::http
