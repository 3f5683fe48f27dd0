#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "http/http.hpp"

namespace virga::http {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;

constexpr std::chrono::seconds kTimeout{60};

struct Url {
    std::string host;
    std::string port;
    std::string authority;
    std::string target;
};

Url parse_url(const std::string& url) {
    constexpr std::string_view kScheme = "http://";
    if (!url.starts_with(kScheme)) throw Error(ErrorCode::InvalidInput, "'" + url + "' is not an http:// URL");
    const auto slash = std::min(url.find('/', kScheme.size()), url.size());
    Url parts;
    parts.authority = url.substr(kScheme.size(), slash - kScheme.size());
    parts.target = slash < url.size() ? url.substr(slash) : "/";
    const auto colon = parts.authority.rfind(':');
    const bool has_port = colon != std::string::npos && parts.authority.find(']', colon) == std::string::npos;
    parts.host = parts.authority.substr(0, has_port ? colon : std::string::npos);
    parts.port = has_port ? parts.authority.substr(colon + 1) : "80";
    if (parts.host.starts_with('[') && parts.host.ends_with(']'))
        parts.host = parts.host.substr(1, parts.host.size() - 2);
    if (parts.host.empty()) throw Error(ErrorCode::InvalidInput, "the URL '" + url + "' names no host");
    return parts;
}

/// One exchange: each step starts the next one, and the first failure ends the run.
class Exchange {
public:
    Exchange(const std::string& method, const Url& url, const Headers& headers, const std::string& body)
        : url_(url), resolver_(io_), stream_(io_) {
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

    void connect(const net::ip::tcp::resolver::results_type& found) {
        stream_.async_connect(found, [this](auto failure, const auto&) {
            if (keep(failure)) write();
        });
    }

    /// A server may answer and close before it has read a long body: a failed write doesn't mean that there is no
    /// answer.
    void write() {
        beast::http::async_write(stream_, message_, [this](auto failure, std::size_t) {
            keep(failure);
            if (failure != beast::error::timeout) read();
        });
    }

    void read() {
        beast::http::async_read(stream_, buffer_, parser_, [this](auto failure, std::size_t) {
            if (keep(failure)) done_ = true;
        });
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
    beast::flat_buffer buffer_;
    beast::http::request<beast::http::string_body> message_;
    beast::http::response_parser<beast::http::string_body> parser_;
    beast::error_code failure_;
    bool done_ = false;
};

}  // namespace

ClientResponse request(const std::string& method, const std::string& url, const Headers& headers,
                       const std::string& body) {
    return Exchange(method, parse_url(url), headers, body).run();
}

}  // namespace virga::http
