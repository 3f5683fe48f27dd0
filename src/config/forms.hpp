#pragma once
#include <string_view>

#include "config/config.hpp"

/// Forms that several settings have.
namespace virga::config {

/// 1 to 64 characters in UTF-8, none of them a control character, not only blanks: what the API takes for a name.
bool is_name(std::string_view text);
/// Labels of letters, digits and "-" with dots between them, 253 characters at most, or empty.
bool is_domain_or_empty(std::string_view text);
/// 1 to 255 letters, digits, ".", "-" and "_", the first a letter or a digit, or empty: names of hosts are parts of
/// paths of the API.
bool is_host_or_empty(std::string_view text);
/// As is_host_or_empty, or an address of IPv4 or IPv6, the latter with or without brackets.
bool is_host_or_address_or_empty(std::string_view text);

inline const Form kName{"1 to 64 characters, not only blanks", is_name};
inline const Form kDomain{"a domain, such as example.org, or empty", is_domain_or_empty};
inline const Form kHost{
    "1 to 255 letters, digits, '.', '-' and '_', of which the first is a letter or a digit, or empty",
    is_host_or_empty};
inline const Form kHostOrAddress{"the name of a host or an address, or empty", is_host_or_address_or_empty};

}  // namespace virga::config
