#include "http/client_parts.hpp"

#include <openssl/ssl.h>

#include <algorithm>

#include "base/error.hpp"
#include "http/base_url.hpp"

namespace virga::http {

Url parse_url(const std::string& url) {
    constexpr std::string_view kPlain = "http://";
    constexpr std::string_view kSecure = "https://";
    const bool tls = url.starts_with(kSecure);
    if (!tls && !url.starts_with(kPlain))
        throw Error(ErrorCode::InvalidInput, "'" + url + "' is not an http:// or https:// URL");
    const auto begin = tls ? kSecure.size() : kPlain.size();
    const auto slash = std::min(url.find('/', begin), url.size());
    Url parts;
    parts.tls = tls;
    parts.authority = url.substr(begin, slash - begin);
    parts.target = slash < url.size() ? url.substr(slash) : "/";
    const auto colon = parts.authority.rfind(':');
    const bool has_port = colon != std::string::npos && parts.authority.find(']', colon) == std::string::npos;
    parts.host = parts.authority.substr(0, has_port ? colon : std::string::npos);
    parts.port = has_port ? parts.authority.substr(colon + 1) : (tls ? "443" : "80");
    if (parts.host.starts_with('[') && parts.host.ends_with(']'))
        parts.host = parts.host.substr(1, parts.host.size() - 2);
    if (parts.host.empty()) throw Error(ErrorCode::InvalidInput, "the URL '" + url + "' names no host");
    return parts;
}

boost::asio::ssl::context client_tls(const std::string& ca_file) {
    boost::asio::ssl::context context(boost::asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    boost::system::error_code failure;
    if (ca_file.empty()) {
        context.set_default_verify_paths(failure);
    } else {
        context.load_verify_file(ca_file, failure);
    }
    if (failure)
        throw Error(ErrorCode::InvalidInput,
                    "the certificates of '" + ca_file + "' can't be used: " + failure.message());
    context.set_verify_mode(boost::asio::ssl::verify_peer);
    return context;
}

bool is_base_url(std::string_view text) {
    const bool is_clean = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
    const auto authority = text.find("://");
    if (!is_clean || authority == text.npos || text.find_first_of("/?#@", authority + 3) != text.npos) return false;
    try {
        const auto url = parse_url(std::string(text));
        return !url.port.empty() && url.port.find_first_not_of("0123456789") == std::string::npos;
    } catch (const Error&) {
        return false;
    }
}

}  // namespace virga::http
