#pragma once
#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <condition_variable>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "base/thread_pool.hpp"
#include "http/byte_budget.hpp"
#include "http/channel.hpp"
#include "http/http.hpp"
#include "http/request_head.hpp"
#include "http/upload_places.hpp"
#include "http/waiters.hpp"
#include "http/wire.hpp"

namespace virga::http {

namespace net = boost::asio;
namespace beast = boost::beast;
using Socket = net::basic_stream_socket<net::ip::tcp, net::io_context::executor_type>;

class Session;

/// Connections that can be closed when a new one needs their place, those that have waited longest first.
struct Expendable {
    std::list<Session*> idle;         ///< no byte of a request has come
    std::list<Session*> slow;         ///< a handshake or a head is on the way
    std::list<Session*> open_bodies;  ///< a body that needs no token is on the way
    std::list<Session*> stalled;      ///< answers whose reader takes nothing
    std::list<Session*> bodies;       ///< a body is on the way
};

/// What all sessions of one server share. Outlives them.
struct Shared {
    Shared(ServerOptions given, const Router& routes)
        : options(std::move(given)),
          router(routes),
          bodies(options.bodies_bytes),
          open_bodies(options.bodies_bytes / 4),
          uploads(options.upload_threads, options.uploads_per_account),
          handlers("http", options.threads),
          streams("http-stream", options.stream_threads),
          upload_threads("http-upload", options.upload_threads),
          waiters(options.waiting_threads) {}

    ServerOptions options;
    const Router& router;
    std::atomic<bool> stopping{false};
    std::mutex mutex;  ///< guards `sessions`
    std::condition_variable changed;
    std::set<Session*> sessions;
    std::string bound_url;  ///< "http[s]://address:port"; base URL for a request without Host
    std::unique_ptr<TlsFiles> tls;
    ByteBudget bodies;
    ByteBudget open_bodies;  ///< a part of its own, so that those without a token take nothing from the others
    // Of the I/O thread:
    std::size_t open = 0;
    std::map<std::string, std::size_t, std::less<>> open_of_peer;
    Expendable expendable;
    UploadPlaces uploads;

    net::io_context io{1};
    ThreadPool handlers;
    ThreadPool streams;
    ThreadPool upload_threads;
    Waiters waiters;
    std::optional<ThreadPool> handshakes;
};

/// One connection. At any moment one side owns it: the I/O thread (waiting for the socket, reading a request), or one
/// pool thread (handshake, handler, a piece of a stream). The owner hands it on by posting, so members need no lock.
class Session : public std::enable_shared_from_this<Session> {
public:
    Session(Shared& shared, Socket socket, std::string remote_address);
    ~Session();

    // On the I/O thread:
    void start();
    /// Closes a connection that waits for something, cancels an upload, lets a handler that runs send its answer.
    void on_stop();
    void close();
    const std::string& remote_address() const { return remote_address_; }
    /// Bytes have come that nobody has looked at: it isn't as idle as it seems.
    bool has_unread() const;

private:
    using Clock = std::chrono::steady_clock;
    using Parser = beast::http::request_parser<beast::http::string_body>;
    using StreamParser = beast::http::request_parser<beast::http::buffer_body>;
    enum class State { Handshake, Idle, Head, Body, Queued, Stalled, Writing, Lingering, Busy, Closed };
    class Body;

    // session.cpp, on the I/O thread: waiting.
    void next_request();
    void wait_for(Want want);
    void ready();
    void set_deadline(std::chrono::milliseconds rest);
    void watch_deadline();
    void on_deadline();
    void own_elsewhere();
    void become(State state, std::list<Session*>* expendable = nullptr);
    void answered();
    void linger();

    // session_tls.cpp
    void go_on_with_handshake();
    void shake_hands();
    void after_handshake(Want want);
    void refuse_plain_http();

    // session_request.cpp, on the I/O thread: reading a request.
    void read_request();
    bool receive(std::size_t size);
    bool take_head();
    bool take_body();
    bool charge(std::size_t bytes);
    void refuse_head(HeadFault fault);
    void refuse_body(beast::error_code failure);
    void route();
    bool whole_body_is_here();
    std::uint64_t most_body_bytes() const;
    void ask_gate(const RouteTraits& traits);
    void admitted(const std::shared_ptr<Admission>& admission, bool streaming);
    void read_body();
    void queue_upload();
    void fill_request();
    void refuse(int status, const std::string& message);
    void send_refusal(Response response);
    void hand_over();

    // session_answer.cpp, on a pool thread unless said otherwise: handler and answer.
    void serve();
    void serve_later();
    void serve_upload();
    void send_answer();
    void send_prepared();
    void write_rest();  ///< on the I/O thread
    void send_stream();
    bool next_piece();
    void stall(Want want);
    void stream_failed(const Error& error);
    void stream_ended();
    Framing framing() const;
    void prepare_head();

    Shared& shared_;
    Socket socket_;
    net::steady_timer timer_;
    Channel channel_;
    const std::string remote_address_;
    State state_ = State::Busy;
    std::list<Session*>* standing_in_ = nullptr;  ///< the list of expendable ones that it is in
    std::list<Session*>::iterator place_;
    UploadPlaces::Ticket ticket_;
    Clock::time_point deadline_ = Clock::time_point::max();
    bool timer_runs_ = false;

    beast::flat_buffer buffer_;
    bool handshake_begun_ = false;
    std::size_t looked_at_ = 0;  ///< bytes of an incomplete head that were searched for its end
    std::optional<Parser> parser_;
    std::optional<StreamParser> stream_parser_;
    BudgetShare share_;
    BudgetShare open_share_;
    bool open_route_ = false;
    std::string account_;  ///< on whose account the request is
    Request request_;
    Response response_;
    std::string head_;
    std::size_t sent_ = 0;  ///< of head_ and response_.body
    std::string piece_;     ///< of a download: what the socket has not taken begins at piece_sent_
    std::size_t piece_sent_ = 0;
    std::uint64_t stream_left_ = 0;
    bool last_piece_ = false;
    std::size_t linger_left_ = 0;
    Clock::time_point queued_at_{};  ///< when the request was complete
    bool http10_ = false;
    bool wants_keep_alive_ = false;
    bool body_unread_ = false;  ///< part of the request body is still on the way: answer, then close with linger
    bool keep_alive_ = false;
    std::atomic<bool> uploading_{false};
};

}  // namespace virga::http
