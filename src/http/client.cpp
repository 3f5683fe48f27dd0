#include <openssl/ssl.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "http/client_parts.hpp"
#include "http/http.hpp"

namespace virga::http {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;

constexpr std::chrono::seconds kTimeout{60};

/// One exchange: each step starts the next one, and the first failure ends the run.
class Exchange {
public:
    Exchange(const std::string& method, const Url& url, const Headers& headers, const std::string& body,
             const std::string& ca_file)
        : url_(url), resolver_(io_), stream_(io_) {
        if (url.tls) use_tls(ca_file);
        message_.method_string(method);
        message_.target(url.target);
        message_.version(11);
        message_.set("Host", url.authority);
        message_.set("Connection", "close");
        for (const auto& [name, value] : headers.all()) message_.insert(name, value);
        message_.body() = body;
        if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") message_.prepare_payload();
        parser_.body_limit(boost::none);
        parser_.skip(method == "HEAD");
    }

    ClientResponse run() {
        stream_.expires_after(kTimeout);
        resolver_.async_resolve(url_.host, url_.port, [this](auto failure, auto found) {
            if (keep(failure)) connect(found);
        });
        io_.run_for(kTimeout + std::chrono::seconds(1));
        if (!done_ && (!failure_ || failure_ == beast::error::timeout)) {
            throw Error(ErrorCode::Timeout, "no answer from " + url_.authority + " in time");
        }
        if (!done_) {
            throw Error(ErrorCode::Unavailable, "no answer from " + url_.authority + ": " + failure_.message());
        }
        return result();
    }

private:
    bool keep(beast::error_code failure) {
        failure_ = failure;
        return !failure;
    }

    void use_tls(const std::string& ca_file) {
        context_.emplace(client_tls(ca_file));
        secure_.emplace(stream_, *context_);
        secure_->set_verify_callback(net::ssl::host_name_verification(url_.host));
        SSL_set_tlsext_host_name(secure_->native_handle(), url_.host.c_str());
    }

    void connect(const net::ip::tcp::resolver::results_type& found) {
        stream_.async_connect(found, [this](auto failure, const auto&) {
            if (keep(failure)) secure_ ? shake_hands() : write();
        });
    }

    void shake_hands() {
        secure_->async_handshake(net::ssl::stream_base::client, [this](auto failure) {
            if (keep(failure)) write();
        });
    }

    /// A server may answer and close before it has read a long body: a failed write doesn't mean that there is no
    /// answer.
    void write() {
        const auto written = [this](auto failure, std::size_t) {
            keep(failure);
            if (failure != beast::error::timeout) read();
        };
        secure_ ? beast::http::async_write(*secure_, message_, written)
                : beast::http::async_write(stream_, message_, written);
    }

    void read() {
        const auto got = [this](auto failure, std::size_t) {
            if (keep(failure)) done_ = true;
        };
        secure_ ? beast::http::async_read(*secure_, buffer_, parser_, got)
                : beast::http::async_read(stream_, buffer_, parser_, got);
    }

    ClientResponse result() {
        ClientResponse response;
        response.status = static_cast<int>(parser_.get().result_int());
        for (const auto& field : parser_.get()) response.headers.add(field.name_string(), std::string(field.value()));
        response.body = std::move(parser_.get().body());
        return response;
    }

    Url url_;
    net::io_context io_{1};
    net::ip::tcp::resolver resolver_;
    beast::tcp_stream stream_;
    std::optional<net::ssl::context> context_;
    std::optional<net::ssl::stream<beast::tcp_stream&>> secure_;
    beast::flat_buffer buffer_;
    beast::http::request<beast::http::string_body> message_;
    beast::http::response_parser<beast::http::string_body> parser_;
    beast::error_code failure_;
    bool done_ = false;
};

}  // namespace

ClientResponse request(const std::string& method, const std::string& url, const Headers& headers,
                       const std::string& body, const std::string& ca_file) {
    return Exchange(method, parse_url(url), headers, body, ca_file).run();
}

}  // namespace virga::http
