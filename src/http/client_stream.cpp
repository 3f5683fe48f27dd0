#include "http/client_stream.hpp"

#include <openssl/ssl.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <vector>

#include "http/client_parts.hpp"

namespace virga::http {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kSilence{60};
constexpr std::chrono::milliseconds kLook{100};
constexpr std::size_t kPieceBytes = 256UL * 1024;
constexpr std::size_t kTextBytes = 64UL * 1024;
constexpr int kContinue = 100;

}  // namespace

struct ClientStream::Impl {
    Impl(const std::string& address, const std::string& ca_file, Cancelled is_cancelled)
        : url(parse_url(address)), cancelled(std::move(is_cancelled)), resolver(io), socket(io) {
        if (!url.tls) return;
        context.emplace(client_tls(ca_file));
        secure.emplace(socket, *context);
        secure->set_verify_callback(net::ssl::host_name_verification(url.host));
        SSL_set_tlsext_host_name(secure->native_handle(), url.host.c_str());
    }

    /// Waits for what `start` begins, whose handler it gives it. Nothing of it goes on when this returns or throws.
    template <class Start>
    beast::error_code wait(const Start& start) {
        bool done = false;
        beast::error_code result;
        start([&](beast::error_code failure) {
            done = true;
            result = failure;
        });
        io.restart();
        const auto until = Clock::now() + kSilence;
        while (!done) {
            io.run_for(kLook);
            if (done) break;
            const bool is_cancelled = cancelled && cancelled();
            if (!is_cancelled && Clock::now() < until) continue;
            give_up();
            if (is_cancelled) throw Error(ErrorCode::Cancelled, "the transfer was cancelled");
            throw Error(ErrorCode::Timeout, "no answer from " + url.authority + " in time");
        }
        return result;
    }

    void give_up() {
        beast::error_code ignored;
        resolver.cancel();
        socket.close(ignored);
        io.run();
    }

    template <class Start>
    void require(const Start& start) {
        if (const auto failure = wait(start))
            throw Error(ErrorCode::Unavailable, "no answer from " + url.authority + ": " + failure.message());
    }

    void connect() {
        net::ip::tcp::resolver::results_type found;
        require([&](auto done) {
            resolver.async_resolve(url.host, url.port, [&found, done](auto failure, auto results) {
                found = results;
                done(failure);
            });
        });
        require([&](auto done) {
            net::async_connect(socket, found, [done](auto failure, const auto&) { done(failure); });
        });
        beast::error_code ignored;
        socket.set_option(net::ip::tcp::no_delay(true), ignored);
        if (secure) require([&](auto done) { secure->async_handshake(net::ssl::stream_base::client, done); });
    }

    beast::error_code write(std::string_view data) {
        return wait([&](auto done) {
            const auto written = [done](auto failure, std::size_t) { done(failure); };
            const net::const_buffer bytes(data.data(), data.size());
            secure ? net::async_write(*secure, bytes, written) : net::async_write(socket, bytes, written);
        });
    }

    void send_head(const std::string& method, const Headers& headers) {
        std::string head = method + " " + url.target + " HTTP/1.1\r\nHost: " + url.authority + "\r\n";
        head += "Connection: close\r\n";
        for (const auto& [name, value] : headers.all()) head += name + ": " + value + "\r\n";
        head += "\r\n";
        if (const auto failure = write(head))
            throw Error(ErrorCode::Unavailable, "no answer from " + url.authority + ": " + failure.message());
    }

    ClientResponse read_head() {
        beast::http::response_parser<beast::http::empty_body> parser;
        parser.body_limit(boost::none);
        require([&](auto done) {
            const auto got = [done](auto failure, std::size_t) { done(failure); };
            secure ? beast::http::async_read_header(*secure, buffer, parser, got)
                   : beast::http::async_read_header(socket, buffer, parser, got);
        });
        ClientResponse response;
        response.status = static_cast<int>(parser.get().result_int());
        for (const auto& field : parser.get()) response.headers.add(field.name_string(), std::string(field.value()));
        left = parser.content_length().value_or(0);
        if (!parser.content_length() && response.status != kContinue && response.status != 204)
            throw Error(ErrorCode::Unavailable, url.authority + " doesn't say how long its answer is");
        return response;
    }

    std::size_t read(char* into, std::size_t size) {
        size = static_cast<std::size_t>(std::min<std::uint64_t>(size, left));
        if (size == 0) return 0;
        if (buffer.size() > 0) {
            size = net::buffer_copy(net::buffer(into, size), buffer.data());
            buffer.consume(size);
        } else {
            std::size_t moved = 0;
            require([&](auto done) {
                const auto got = [done, &moved](auto failure, std::size_t bytes) {
                    moved = bytes;
                    done(failure);
                };
                secure ? secure->async_read_some(net::buffer(into, size), got)
                       : socket.async_read_some(net::buffer(into, size), got);
            });
            size = moved;
        }
        left -= size;
        return size;
    }

    Url url;
    Cancelled cancelled;
    net::io_context io{1};
    net::ip::tcp::resolver resolver;
    net::ip::tcp::socket socket;
    std::optional<net::ssl::context> context;
    std::optional<net::ssl::stream<net::ip::tcp::socket&>> secure;
    beast::flat_buffer buffer;
    std::uint64_t left = 0;
};

ClientStream::ClientStream(const std::string& url, const std::string& ca_file, Cancelled cancelled)
    : impl_(std::make_unique<Impl>(url, ca_file, std::move(cancelled))) {}
ClientStream::~ClientStream() = default;

ClientResponse ClientStream::get(const Headers& headers) {
    impl_->connect();
    impl_->send_head("GET", headers);
    return impl_->read_head();
}

std::uint64_t ClientStream::left() const {
    return impl_->left;
}

std::size_t ClientStream::read(char* into, std::size_t size) {
    return impl_->read(into, size);
}

std::string ClientStream::read_text() {
    std::string text(static_cast<std::size_t>(std::min<std::uint64_t>(impl_->left, kTextBytes)), '\0');
    std::size_t used = 0;
    while (used < text.size()) used += impl_->read(text.data() + used, text.size() - used);
    return text;
}

// The server says first that it wants the data: one that refuses them must not have to take them.
ClientResponse ClientStream::put(const Headers& headers, std::uint64_t size, const Source& source) {
    auto all = headers;
    all.set("Content-Length", std::to_string(size));
    all.set("Expect", "100-continue");
    impl_->connect();
    impl_->send_head("PUT", all);
    auto answer = impl_->read_head();
    if (answer.status == kContinue) {
        std::vector<char> piece(kPieceBytes);
        while (size > 0) {
            const auto got =
                source(piece.data(), static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size)));
            if (got == 0) throw Error(ErrorCode::Internal, "there is less data than was announced");
            size -= got;
            // It may have answered and closed: the answer says why.
            if (impl_->write({piece.data(), got})) break;
        }
        answer = impl_->read_head();
    }
    answer.body = read_text();
    return answer;
}

}  // namespace virga::http
