#include "app/http_options.hpp"

#include <sys/resource.h>

#include <charconv>

#include "app/options.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "http/address_list.hpp"
#include "http/settings.hpp"

namespace virga::app {
namespace {

constexpr std::uint64_t kMib = 1024 * 1024;
/// Descriptors besides the connections: database, logs, image files, RPC.
constexpr std::size_t kOtherDescriptors = 256;

std::size_t count(const config::Config& config, const config::Setting<std::int64_t>& setting) {
    return static_cast<std::size_t>(config.get(setting));
}

[[noreturn]] void wrong_listen(const std::string& listen, const std::string& why) {
    throw Error(ErrorCode::InvalidInput, "http.listen: '" + listen + "' is not address:port: " + why);
}

std::uint16_t port_in(const std::string& listen, std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (failure != std::errc() || end != text.data() + text.size())
        wrong_listen(listen, "the port must be 0 to 65535 (0: any that is free), not '" + std::string(text) + "'");
    return port;
}

void set_address(http::ServerOptions& options, const std::string& listen) {
    const auto colon = listen.rfind(':');
    if (colon == std::string::npos) wrong_listen(listen, "there is no ':'");
    options.port = port_in(listen, std::string_view(listen).substr(colon + 1));
    options.address = listen.substr(0, colon);
    if (options.address.starts_with('[') && options.address.ends_with(']'))
        options.address = options.address.substr(1, options.address.size() - 2);
    if (!http::AddressList::is_item(options.address) || options.address.find('/') != std::string::npos)
        wrong_listen(listen, "the address must be an IP address of this machine, or 0.0.0.0 for all of them, not '" +
                                 options.address + "'");
}

http::TlsOptions tls_options(const config::Config& config) {
    http::TlsOptions tls;
    tls.certificate = config.get(setting::tls_certificate);
    tls.key = config.get(setting::tls_key);
    tls.hsts = std::chrono::seconds(config.get(setting::hsts_seconds));
    if (tls.certificate.empty() != tls.key.empty()) {
        throw Error(ErrorCode::InvalidInput,
                    std::string(tls.key.empty() ? "http.tls_key" : "http.tls_certificate") +
                        ": is empty, but http.tls_certificate and http.tls_key must be set together");
    }
    return tls;
}

}  // namespace

http::ServerOptions server_options(const config::Config& config) {
    http::ServerOptions options;
    set_address(options, config.get(setting::listen));
    options.threads = count(config, setting::http_threads);
    options.upload_threads = count(config, setting::upload_threads);
    options.uploads_per_account = count(config, setting::uploads_per_project);
    options.connections = count(config, setting::connections);
    options.connections_per_peer = count(config, setting::connections_per_peer);
    options.proxies = config.get(http::setting::proxies);
    options.bodies_bytes = count(config, setting::bodies_mib) * kMib;
    options.handler_limit = std::chrono::seconds(config.get(setting::request_cpu_seconds));
    options.tls = tls_options(config);
    return options;
}

void warn_of_clear_text(const http::ServerOptions& options) {
    const bool is_local = http::is_loopback(options.address);
    const bool has_proxy = !http::AddressList(options.proxies).all_loopback();
    if (is_local || has_proxy || !options.tls.certificate.empty()) return;
    log::warning(
        "passwords and tokens cross the network in clear: http.listen is open to other machines, without TLS. Set "
        "http.tls_certificate and http.tls_key, or name in http.proxies the proxy that ends TLS in front",
        {{"http.listen", options.address + ":" + std::to_string(options.port)}});
}

std::string public_url(const config::Config& config, std::uint16_t port) {
    const auto options = server_options(config);
    auto host = config.get(setting::public_name);
    if (host.empty()) host = options.address == "0.0.0.0" ? "127.0.0.1" : options.address;
    if (host == "::") host = "::1";
    if (host.find(':') != std::string::npos && !host.starts_with('[')) host = "[" + host + "]";
    return (options.tls.certificate.empty() ? "http://" : "https://") + host + ":" + std::to_string(port);
}

void raise_descriptor_limit(std::size_t connections) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    const auto needed = connections + kOtherDescriptors;
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < needed)
        log::warning("fewer descriptors are allowed than http.connections needs",
                     {{"allowed", limit.rlim_cur}, {"needed", needed}});
}

}  // namespace virga::app
