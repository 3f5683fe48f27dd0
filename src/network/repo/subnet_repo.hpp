#pragma once
#include <optional>

#include "network/model/types.hpp"
#include "network/repo/list_query.hpp"

namespace virga::network::repo {

std::vector<Subnet> list_subnets(db::Transaction& tx, const ListQuery& query);
std::optional<Subnet> find_subnet(db::Transaction& tx, const std::string& id);
/// In the order of their creation.
std::vector<Subnet> list_subnets_of_network(db::Transaction& tx, const std::string& network);
void insert_subnet(db::Transaction& tx, Subnet& subnet);
/// Forgets which addresses of the pools are free when `pools_changed`: the next allocations find out again.
void update_subnet(db::Transaction& tx, Subnet& subnet, bool pools_changed);
/// The subnet must have no allocations.
void delete_subnet(db::Transaction& tx, const std::string& id);

}  // namespace virga::network::repo
