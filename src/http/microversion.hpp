#pragma once
#include <compare>
#include <optional>
#include <string>

#include "http/http.hpp"

namespace virga::http {

struct Microversion {
    int major = 2;
    int minor = 1;
    auto operator<=>(const Microversion&) const = default;
    std::string text() const { return std::to_string(major) + "." + std::to_string(minor); }
};

/// What one service supports.
struct MicroversionRange {
    std::string service;  ///< "compute", "volume": the word in OpenStack-API-Version
    std::optional<RequestHeader> legacy_header;
    Microversion minimum;
    Microversion maximum;
};

/// The version that a request asks for: the header "OpenStack-API-Version: compute 2.x" (or the legacy one), "latest"
/// being the maximum, the minimum when absent. Malformed, or two versions of one service: Error{InvalidInput}; out of
/// range: throws NotAcceptable (406).
Microversion negotiate(const Request& request, const MicroversionRange& range);
/// Sets OpenStack-API-Version, the legacy header and Vary on a response.
void announce(Response& response, const MicroversionRange& range, Microversion used);
/// The same for whatever version the request asks for; nothing where it asks for none that there is. For
/// Router::set_stamp: clients look for the version in faults, too.
void announce_asked(const Request& request, Response& response, const MicroversionRange& range);

/// Error that a handler may throw for a status that no ErrorCode has (406, 300, 410, 411, 415).
class StatusError : public Error {
public:
    StatusError(int http_status, std::string message)
        : Error(ErrorCode::InvalidInput, std::move(message)), status(http_status) {}
    int status;
};

}  // namespace virga::http
