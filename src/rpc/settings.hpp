#pragma once
#include "config/config.hpp"

namespace virga::rpc::setting {

/// One token of a subject of NATS.
inline bool is_prefix(std::string_view text) {
    return !text.empty() &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
               std::string_view::npos;
}

inline const config::Setting<std::string> url{
    "rpc.url", std::string(),
    "NATS servers by which control and host processes of several machines meet: nats://USER:PASSWORD@ADDRESS:PORT, or "
    "tls:// for encrypted connections, several with commas between them; empty: a Unix socket in the state folder, for "
    "one machine."};
inline const config::Setting<std::string> prefix{
    "rpc.prefix", std::string("virga"), config::Form{"letters, digits, - and _", is_prefix},
    "What the subjects of this cloud begin with: clouds that use the same NATS servers need different ones."};
inline const config::Setting<std::string> tls_ca{
    "rpc.tls_ca", std::string(),
    "File with the certificates (PEM) of the authorities that NATS servers of tls:// are believed by; empty: those of "
    "the system."};
inline const config::Setting<std::string> credentials{
    "rpc.credentials", std::string(),
    "File with the credentials (JWT and seed) by which NATS knows this process; empty: those of rpc.url. A host that "
    "has joined by `virga host join` uses its own."};
inline const config::Setting<std::string> signing_key{"rpc.signing_key", std::string(),
                                                      "File hosts.key of `virga nats init`, with which control "
                                                      "processes give hosts their credentials; empty: no host can "
                                                      "be invited."};
inline const config::Setting<std::int64_t> credentials_hours{
    "rpc.credentials_hours",
    24,
    {1, 8'760},
    "Hours that credentials of a host are good for; a host renews them when half of the time is over. So long the name "
    "of a host whose key was revoked can't be given again."};

}  // namespace virga::rpc::setting
