#include "app/http_options.hpp"

#include <sys/resource.h>

#include <charconv>

#include "app/options.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "http/settings.hpp"

namespace virga::app {
namespace {

constexpr std::uint64_t kMib = 1024 * 1024;
/// Descriptors besides the connections: database, logs, image files, RPC.
constexpr std::size_t kOtherDescriptors = 256;

std::size_t at_least(const config::Config& config, const config::Setting<std::int64_t>& setting, std::int64_t least) {
    const auto value = config.get(setting);
    if (value < least)
        throw Error(ErrorCode::InvalidInput, setting.key + ": must be " + std::to_string(least) + " or more");
    return static_cast<std::size_t>(value);
}

void set_address(http::ServerOptions& options, const std::string& listen) {
    const auto colon = listen.rfind(':');
    int port = -1;
    if (colon != std::string::npos) {
        const auto [end, failure] = std::from_chars(listen.data() + colon + 1, listen.data() + listen.size(), port);
        if (failure != std::errc() || end != listen.data() + listen.size()) port = -1;
    }
    if (port < 0 || port > 65535)
        throw Error(ErrorCode::InvalidInput, "http.listen: '" + listen + "' is not address:port");
    options.address = listen.substr(0, colon);
    options.port = static_cast<std::uint16_t>(port);
}

http::TlsOptions tls_options(const config::Config& config) {
    http::TlsOptions tls;
    tls.certificate = config.get(setting::tls_certificate);
    tls.key = config.get(setting::tls_key);
    tls.hsts = std::chrono::seconds(at_least(config, setting::hsts_seconds, 0));
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
    options.threads = at_least(config, setting::http_threads, 1);
    options.upload_threads = at_least(config, setting::upload_threads, 1);
    options.uploads_per_account = at_least(config, setting::uploads_per_project, 1);
    options.connections = at_least(config, setting::connections, 16);
    options.connections_per_peer = at_least(config, setting::connections_per_peer, 1);
    options.proxies = config.get(http::setting::proxies);
    options.bodies_bytes = at_least(config, setting::bodies_mib, 2) * kMib;
    options.handler_limit = std::chrono::seconds(at_least(config, setting::request_cpu_seconds, 0));
    options.tls = tls_options(config);
    return options;
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
