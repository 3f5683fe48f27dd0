#pragma once
#include "network/api/api.hpp"

namespace virga::network::api {

// Readers of a subnet's fields, for create and update. They throw Error{InvalidInput}.

/// nullopt when absent or null.
std::optional<Address> read_address(http::Fields& fields, std::string_view name);
/// nullopt when absent; each entry must have a start and an end.
std::optional<std::vector<Range>> read_pools(http::Fields& fields);
/// dns_nameservers and host_routes, where given.
void read_lists(http::Fields& fields, Subnet& subnet);
/// The modes that are supported are those without addresses that hosts make themselves.
void read_ipv6_modes(http::Fields& fields, Subnet& subnet);

}  // namespace virga::network::api
