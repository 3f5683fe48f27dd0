#pragma once
#include <cstdint>
#include <string>

namespace virga::http {

/// Whether a server could listen there now; takes nothing. `port` 0 stands for any. Throws Error{Unavailable} when
/// somebody else listens there, Error{InvalidInput} for an address that isn't this machine's and for a port that this
/// process may not have; both name http.listen.
void check_listening(const std::string& address, std::uint16_t port);

}  // namespace virga::http
