#pragma once
#include <cstdint>
#include <string>

#include "config/config.hpp"
#include "config/forms.hpp"
#include "http/http.hpp"

namespace virga::app {

namespace setting {
inline const config::Setting<std::string> tls_certificate{"http.tls_certificate", std::string(),
                                                          "PEM file with the server's certificate and those between it "
                                                          "and the authority; empty: plain HTTP. Read again when it "
                                                          "changes."};
inline const config::Setting<std::string> tls_key{
    "http.tls_key", std::string(),
    "PEM file with the private key of `http.tls_certificate`, readable by `control.user`. Read again when it changes."};
inline const config::Setting<std::string> tls_ca{"http.tls_ca", std::string(),
                                                 "PEM file of the authority that clients shall trust, as the generated "
                                                 "openrc names it (OS_CACERT); empty: those of the "
                                                 "system."};
inline const config::Setting<std::int64_t> hsts_seconds{
    "http.hsts_seconds",
    config::kYear_s,
    {0, 100 * config::kYear_s},
    "Seconds for which browsers shall insist on TLS (Strict-Transport-Security); 0: not said."};
inline const config::Setting<std::string> public_name{"http.public_name", std::string(), config::kHostOrAddress,
                                                      "Name or address by which clients reach the API, for the "
                                                      "generated openrc; empty: that of `http.listen`. With TLS, the "
                                                      "certificate must be for it."};
inline const config::Setting<std::int64_t> connections{
    "http.connections", 4096, {16, 1'000'000}, "Connections that are open at once; idle ones make room for new ones."};
inline const config::Setting<std::int64_t> connections_per_peer{
    "http.connections_per_peer",
    256,
    {1, 1'000'000},
    "Connections of one address that are open at once; more get 429."};
inline const config::Setting<std::int64_t> bodies_mib{
    "http.bodies_mib",
    64,
    {2, 1'048'576},
    "MiB of memory for request bodies that are on the way and "
    "answers that are not read, all connections together; more get 503."};
inline const config::Setting<std::int64_t> upload_threads{
    "http.upload_threads",
    16,
    {1, config::kMaxThreads},
    "Uploads of image data that are received at once; more wait for up to 60 s."};
inline const config::Setting<std::int64_t> uploads_per_project{
    "http.uploads_per_project",
    4,
    {1, config::kMaxThreads},
    "Uploads of image data of one project that are received at once."};
inline const config::Setting<std::int64_t> request_cpu_seconds{
    "http.request_cpu_seconds",
    30,
    {0, config::kDay_s},
    "Seconds of CPU time after which a request's reading from the database ends with 503; 0: no bound."};
}  // namespace setting

/// What the settings http.* say. Throws Error{InvalidInput} that names the setting.
http::ServerOptions server_options(const config::Config& config);

/// Logs a warning when other machines reach the API, and neither TLS nor a proxy (http.proxies) is set.
void warn_of_clear_text(const http::ServerOptions& options);

/// "http[s]://name:port" for clients on this machine.
std::string public_url(const config::Config& config, std::uint16_t port);

/// Allows this process as many descriptors as it may have. Fewer than the connections need is logged: new clients then
/// take the places of idle ones earlier.
void raise_descriptor_limit(std::size_t connections);

}  // namespace virga::app
