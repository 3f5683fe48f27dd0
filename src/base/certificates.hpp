#pragma once
#include <string>
#include <vector>

/// Certificates by which hosts know one another: those of TLS between hosts' disks. All are of EC P-256 and valid from
/// now on; keys have mode 0600.
namespace virga {

/// Files of a folder of certificates, named as QEMU wants them.
namespace certificate_file {
inline constexpr const char* kCa = "ca-cert.pem";
inline constexpr const char* kCaKey = "ca-key.pem";  ///< where the CA is made, on no host
inline constexpr const char* kServer = "server-cert.pem";
inline constexpr const char* kServerKey = "server-key.pem";
inline constexpr const char* kGroup = "dh-params.pem";  ///< that of a server's Diffie-Hellman key exchange
inline constexpr const char* kClient = "client-cert.pem";
inline constexpr const char* kClientKey = "client-key.pem";
}  // namespace certificate_file

/// The group ffdhe2048 of RFC 7919 for the key exchange, in PEM. A server of QEMU that isn't given one searches for a
/// prime of its own as it starts, for up to seconds.
std::string known_group();

/// Whom a host's certificates name, in the order in which QEMU compares it. `host` is of the form of host.name.
std::string certificate_identity(const std::string& host);

/// Makes a CA in the folder, which is made too: ca-cert.pem and ca-key.pem. Throws Error{Conflict} when there is one.
void make_ca(const std::string& folder);

/// Makes what a host needs in `ca_folder`/`host`, by the CA of `ca_folder`: its certificates as server and as client,
/// the known group, and a copy of the CA's. `addresses`: IPv4 or IPv6 addresses or names by which others reach it. What
/// the host had is replaced. Returns the host's folder. Throws Error{InvalidInput} for a name or an address that can't
/// be one, Error{NotFound} without a CA, Error{Corrupt} when the CA can't be read.
std::string make_host_certificates(const std::string& ca_folder, const std::string& host,
                                   const std::vector<std::string>& addresses);

/// Whether a host's folder is complete and says what it must: signed by its CA, of `host`, valid now, and the server's
/// for `address`. Throws Error{InvalidInput} that names `setting` and the file.
void check_host_certificates(const std::string& setting, const std::string& folder, const std::string& host,
                             const std::string& address);

}  // namespace virga
