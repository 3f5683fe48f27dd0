#pragma once
#include <string>

#include "network/repo/list_query.hpp"

/// Narrow a list of ports. No values: it stays as it is.
namespace virga::network::repo {

void add_addresses(ListQuery& query, db::Params addresses);
/// Ports with an address that has `text` in it.
void add_address_part(ListQuery& query, const std::string& text);
void add_subnets(ListQuery& query, db::Params subnets);
void add_security_groups(ListQuery& query, db::Params groups);

}  // namespace virga::network::repo
