#include "network/repo/default_network.hpp"

#include "base/ids.hpp"
#include "network/repo/network_repo.hpp"
#include "network/repo/subnet_repo.hpp"
#include "network/settings.hpp"

namespace virga::network::repo {
namespace {

bool is_done(db::Transaction& tx) {
    return tx.query_one("SELECT value FROM network_facts WHERE name = ?", {"default_network"}).has_value();
}

}  // namespace

void make_default_network(db::Database& database, const config::Config& config) {
    const auto configured = Cidr::parse(config.get(setting::default_cidr));
    if (!configured || database.read_with(is_done)) return;
    const auto& cidr = *configured;
    database.write_with([&](db::Transaction& tx) {
        if (is_done(tx)) return;
        Network network;
        network.id = new_uuid();
        network.name = "default";
        network.description = "Network of all projects";
        network.shared = true;
        network.mtu = config.get(setting::mtu);
        insert_network(tx, network);
        Subnet subnet;
        subnet.id = new_uuid();
        subnet.network_id = network.id;
        subnet.name = cidr.base.version == 4 ? "default-v4" : "default-v6";
        subnet.cidr = cidr;
        const auto gateway = cidr.first().plus(1);
        subnet.gateway_ip = gateway.text();
        subnet.pools = default_pools(cidr, gateway);
        insert_subnet(tx, subnet);
        tx.exec("INSERT INTO network_facts (name, value) VALUES (?,?)", {"default_network", network.id});
    });
}

}  // namespace virga::network::repo
