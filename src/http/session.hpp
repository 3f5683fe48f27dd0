#pragma once
#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "base/thread_pool.hpp"
#include "http/http.hpp"
#include "http/waiters.hpp"
#include "http/wire.hpp"

namespace virga::http {

namespace net = boost::asio;
namespace beast = boost::beast;
using Socket = net::basic_stream_socket<net::ip::tcp, net::io_context::executor_type>;
using Stream = beast::basic_stream<net::ip::tcp, net::io_context::executor_type>;

class Session;

/// What all sessions of one server share. Outlives them.
struct Shared {
    Shared(ServerOptions given, const Router& routes)
        : options(std::move(given)),
          router(routes),
          handlers("http", options.threads),
          streams("http-stream", options.stream_threads),
          waiters(options.waiting_threads) {}

    ServerOptions options;
    const Router& router;
    std::atomic<bool> stopping{false};
    std::mutex mutex;  ///< guards `sessions`
    std::condition_variable changed;
    std::set<Session*> sessions;
    std::string bound_url;  ///< "http://address:port"; base URL for a request without a usable Host
    net::io_context io{1};
    ThreadPool handlers;
    ThreadPool streams;
    Waiters waiters;
};

/// One connection. At any moment one side owns it: the I/O thread (reading a request, writing what a socket did not
/// take at once), or one pool thread (running the handler, moving a stream). The owner hands it on by posting, so
/// members need no lock.
class Session : public std::enable_shared_from_this<Session> {
public:
    Session(Shared& shared, Socket socket, std::string remote_address);
    ~Session();

    // On the I/O thread:
    void start() { next_request(); }
    /// Closes a connection that waits for a request, cancels a stream, lets a handler that runs send its answer.
    void on_stop();
    void close();

private:
    using Parser = beast::http::request_parser<beast::http::string_body>;
    using StreamParser = beast::http::request_parser<beast::http::buffer_body>;
    class Body;

    // On the I/O thread:
    void next_request();
    void read_more(std::size_t size);
    void advance();
    bool header_arrived();
    bool fill_request();
    void reject(int status, const std::string& message);
    void reject_malformed(beast::error_code failure);
    void hand_over();
    void write_rest();
    void answered();
    void linger(std::size_t budget);

    // On a pool thread:
    void serve();
    void serve_later();
    void serve_streaming();
    void send_answer();
    void send_stream();
    void write_pieces(Wire& wire);

    Framing framing() const;
    void prepare_head();
    void send_prepared();

    Shared& shared_;
    Stream stream_;
    const int fd_;
    const std::string remote_address_;
    beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    std::optional<StreamParser> stream_parser_;
    bool header_seen_ = false;
    Request request_;
    Response response_;
    std::string head_;
    std::size_t sent_ = 0;  ///< of head_ and response_.body
    bool http10_ = false;
    bool wants_keep_alive_ = false;
    bool body_unread_ = false;  ///< part of the request body is still on the way: answer, then close with linger
    bool keep_alive_ = false;
    bool busy_ = false;  ///< a pool thread owns the session
    std::atomic<bool> streaming_{false};
};

}  // namespace virga::http
