#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace virga::http {

/// Why a request head is refused.
struct HeadFault {
    int status;
    std::string message;
};

/// Length of the head at the beginning of `data`, with its blank line; 0 while it is incomplete. Empty lines before it
/// belong to it. `from`: how much was looked at before without success.
std::size_t head_length(std::string_view data, std::size_t from);

/// Whether an incomplete head may still become a valid one: what can't be is answered at once.
bool may_become_head(std::string_view data);

/// What RFC 9110 and 9112 demand of a head, and what another program in front of this one could read in another way:
/// line ends, folded lines, blanks before a colon, control characters, one length of the body, one of each header that
/// has one value (request_headers.hpp). The parser behind lets some of these through.
std::optional<HeadFault> check_head(std::string_view head);

/// A value that Host may have: name or address, and a port.
bool is_host(std::string_view text);

}  // namespace virga::http
