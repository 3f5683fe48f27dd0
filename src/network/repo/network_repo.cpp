#include "network/repo/network_repo.hpp"

#include <unordered_map>

#include "network/repo/standard_row.hpp"

namespace virga::network::repo {
namespace {

Network read_network(const db::Row& row) {
    Network network;
    read_standard(row, network);
    network.admin_state_up = row.flag("admin_state_up");
    network.shared = row.flag("shared");
    network.mtu = row.number("mtu");
    return network;
}

void load_subnets(db::Transaction& tx, std::vector<Network>& networks) {
    std::unordered_map<std::string, Network*> by_id;
    std::vector<std::string> ids;
    for (auto& network : networks) {
        by_id[network.id] = &network;
        ids.push_back(network.id);
    }
    in_pieces(ids, [&](const std::string& marks, const db::Params& params) {
        for (const auto& row :
             tx.query("SELECT id, network_id FROM subnets WHERE network_id IN (" + marks + ") ORDER BY created_us, id",
                      params)) {
            by_id.at(row.text("network_id"))->subnets.push_back(row.text("id"));
        }
    });
}

}  // namespace

std::vector<Network> list_networks(db::Transaction& tx, const ListQuery& query) {
    std::vector<Network> networks;
    for (const auto& row : query.rows(tx, "t.*", "networks")) {
        networks.push_back(read_network(row));
    }
    load_subnets(tx, networks);
    return networks;
}

std::optional<Network> find_network(db::Transaction& tx, const std::string& id) {
    auto found = list_networks(tx, by_id(id));
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::vector<Network> list_available_networks(db::Transaction& tx, const std::string& project) {
    ListQuery query;
    query.add("t.project_id = ? OR t.shared = 1", {project});
    query.order = "t.created_us, t.id";
    return list_networks(tx, query);
}

std::optional<std::int64_t> count_subnets(db::Transaction& tx, const std::string& id) {
    const auto row = tx.query_one(
        "SELECT COUNT(s.id) AS subnets FROM networks n LEFT JOIN subnets s ON s.network_id = n.id WHERE n.id = ? "
        "GROUP BY n.id",
        {id});
    return row ? std::optional(row->number("subnets")) : std::nullopt;
}

void insert_network(db::Transaction& tx, Network& network) {
    stamp_new(network);
    auto params = standard_values(network);
    for (const std::int64_t number :
         {std::int64_t{network.admin_state_up}, std::int64_t{network.shared}, network.mtu}) {
        params.emplace_back(number);
    }
    tx.exec(std::string("INSERT INTO networks (") + kStandardColumns +
                ", admin_state_up, shared, mtu) VALUES (?,?,?,?,?,?,?,?,?,?)",
            params);
}

void update_network(db::Transaction& tx, Network& network) {
    stamp_change(network);
    tx.exec(
        "UPDATE networks SET name = ?, description = ?, updated_us = ?, revision = ?, admin_state_up = ?, shared = ?, "
        "mtu = ? WHERE id = ?",
        {network.name, network.description, network.updated_us, network.revision, std::int64_t{network.admin_state_up},
         std::int64_t{network.shared}, network.mtu, network.id});
}

void delete_network(db::Transaction& tx, const std::string& id) {
    tx.exec("DELETE FROM free_addresses WHERE subnet_id IN (SELECT id FROM subnets WHERE network_id = ?)", {id});
    tx.exec("DELETE FROM subnets WHERE network_id = ?", {id});
    tx.exec("DELETE FROM networks WHERE id = ?", {id});
}

}  // namespace virga::network::repo
