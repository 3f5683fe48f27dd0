#pragma once
#include <boost/asio/ssl/context.hpp>
#include <string>

namespace virga::http {

/// What a client connects to.
struct Url {
    std::string host;
    std::string port;
    std::string authority;
    std::string target;
    bool tls = false;
};

/// Throws Error{InvalidInput}.
Url parse_url(const std::string& url);
/// TLS 1.2 or later with a server that has a certificate of an authority in the PEM file; empty: of the system's.
/// Throws Error{InvalidInput} when the file can't be used.
boost::asio::ssl::context client_tls(const std::string& ca_file);

}  // namespace virga::http
