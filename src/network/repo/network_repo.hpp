#pragma once
#include <optional>

#include "network/model/types.hpp"
#include "network/repo/list_query.hpp"

namespace virga::network::repo {

std::vector<Network> list_networks(db::Transaction& tx, const ListQuery& query);
std::optional<Network> find_network(db::Transaction& tx, const std::string& id);
/// Of a network; nullopt when there is none.
std::optional<std::int64_t> count_subnets(db::Transaction& tx, const std::string& id);
void insert_network(db::Transaction& tx, Network& network);
void update_network(db::Transaction& tx, Network& network);
/// The network must have no ports; its subnets go with it.
void delete_network(db::Transaction& tx, const std::string& id);
/// Networks that a server of the project gets when the request names none: the project's own, and shared ones.
std::vector<Network> list_available_networks(db::Transaction& tx, const std::string& project);

}  // namespace virga::network::repo
