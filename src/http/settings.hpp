#pragma once
#include "config/config.hpp"
#include "http/address_list.hpp"

// The settings http.* that more than the start of the server reads; the others are app/http_options.hpp's.
namespace virga::http::setting {

inline const config::Setting<config::List> proxies{
    "http.proxies", config::List{"127.0.0.1", "::1"},
    config::Form{"an address or a network (192.0.2.7, 192.0.2.0/24 or 2001:db8::/64)", AddressList::is_item},
    "Addresses and networks that stand for many clients, such as a proxy in front: `http.connections_per_peer` is not "
    "for them, and "
    "failed logins from there are counted per user, not per address."};

}  // namespace virga::http::setting
