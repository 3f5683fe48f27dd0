#pragma once
#include "config/config.hpp"
#include "config/forms.hpp"

/// Settings of what hosts do for one another, which both sides of it read: volumes that are exported by one and used
/// by guests of another.
namespace virga::config::between_hosts {

struct Ports {
    std::int64_t first = 0;
    std::int64_t last = 0;
};
/// {0, 0}: no two ports.
Ports ports_of(std::string_view text);
inline bool are_ports(std::string_view text) {
    return ports_of(text).first > 0;
}

inline const Setting<std::string> address{
    "host.address", std::string(), kHostOrAddress,
    "Address by which other hosts reach this one. It exports volumes of the local driver there, by NBD over TLS, to "
    "the "
    "hosts whose servers have them. Empty: such volumes are used on this host only."};
inline const Setting<std::string> export_ports{
    "host.export_ports", std::string("10809-11832"), Form{"two ports above 1023, such as 10809-11832", are_ports},
    "TCP ports of exported volumes, one for each, which other hosts must be able to reach."};
inline const Setting<std::string> tls_folder{
    "host.tls_folder", std::string(),
    "Folder of this host's certificates, which `virga pki host` makes: ca-cert.pem, server-cert.pem, server-key.pem, "
    "client-cert.pem and client-key.pem. Without it the host neither exports volumes nor uses those of others."};

}  // namespace virga::config::between_hosts
