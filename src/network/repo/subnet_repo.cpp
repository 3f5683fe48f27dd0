#include "network/repo/subnet_repo.hpp"

#include "base/error.hpp"
#include "network/repo/standard_row.hpp"

namespace virga::network::repo {
namespace {

Address stored_address(const std::string& text) {
    const auto address = Address::parse(text);
    if (!address) throw Error(ErrorCode::Corrupt, "database value is not an IP address", text);
    return *address;
}

std::vector<Range> read_pools(const std::string& text) {
    std::vector<Range> pools;
    for (const auto& item : parse_array(text)) {
        const auto& pool = item.as_object();
        pools.push_back({stored_address(get_string(pool, "start")), stored_address(get_string(pool, "end"))});
    }
    return pools;
}

std::string pools_text(const std::vector<Range>& pools) {
    json::array array;
    for (const auto& pool : pools) {
        array.push_back(json::object{{"start", pool.first.text()}, {"end", pool.last.text()}});
    }
    return json::serialize(array);
}

Subnet read_subnet(const db::Row& row) {
    Subnet subnet;
    read_standard(row, subnet);
    const auto cidr = Cidr::parse(row.text("cidr"));
    if (!cidr) throw Error(ErrorCode::Corrupt, "database value is not a CIDR", row.text("cidr"));
    subnet.cidr = *cidr;
    subnet.network_id = row.text("network_id");
    subnet.gateway_ip = row.text("gateway_ip");
    subnet.enable_dhcp = row.flag("enable_dhcp");
    subnet.pools = read_pools(row.text("pools"));
    subnet.dns_nameservers = parse_array(row.text("dns_nameservers"));
    subnet.host_routes = parse_array(row.text("host_routes"));
    subnet.ipv6_ra_mode = row.text("ipv6_ra_mode");
    subnet.ipv6_address_mode = row.text("ipv6_address_mode");
    return subnet;
}

}  // namespace

std::vector<Subnet> list_subnets(db::Transaction& tx, const ListQuery& query) {
    std::vector<Subnet> subnets;
    for (const auto& row : query.rows(tx, "t.*", "subnets")) {
        subnets.push_back(read_subnet(row));
    }
    return subnets;
}

std::optional<Subnet> find_subnet(db::Transaction& tx, const std::string& id) {
    auto found = list_subnets(tx, by_id(id));
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::vector<Subnet> list_subnets_of_network(db::Transaction& tx, const std::string& network) {
    ListQuery query;
    query.add("t.network_id = ?", {network});
    query.order = "t.created_us, t.id";
    return list_subnets(tx, query);
}

void insert_subnet(db::Transaction& tx, Subnet& subnet) {
    stamp_new(subnet);
    auto params = standard_values(subnet);
    const db::Params rest{subnet.network_id,
                          std::int64_t{subnet.ip_version()},
                          subnet.cidr.text(),
                          db::nullable(subnet.gateway_ip),
                          std::int64_t{subnet.enable_dhcp},
                          pools_text(subnet.pools),
                          json::serialize(subnet.dns_nameservers),
                          json::serialize(subnet.host_routes),
                          db::nullable(subnet.ipv6_ra_mode),
                          db::nullable(subnet.ipv6_address_mode),
                          subnet.cidr.first().key()};
    params.insert(params.end(), rest.begin(), rest.end());
    tx.exec(std::string("INSERT INTO subnets (") + kStandardColumns +
                ", network_id, ip_version, cidr, gateway_ip, enable_dhcp, pools, dns_nameservers, host_routes, "
                "ipv6_ra_mode, ipv6_address_mode, next_key) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            params);
}

void update_subnet(db::Transaction& tx, Subnet& subnet, bool pools_changed) {
    stamp_change(subnet);
    tx.exec(
        "UPDATE subnets SET name = ?, description = ?, updated_us = ?, revision = ?, gateway_ip = ?, enable_dhcp = ?, "
        "pools = ?, dns_nameservers = ?, host_routes = ? WHERE id = ?",
        {subnet.name, subnet.description, subnet.updated_us, subnet.revision, db::nullable(subnet.gateway_ip),
         std::int64_t{subnet.enable_dhcp}, pools_text(subnet.pools), json::serialize(subnet.dns_nameservers),
         json::serialize(subnet.host_routes), subnet.id});
    if (!pools_changed) return;
    tx.exec("DELETE FROM free_addresses WHERE subnet_id = ?", {subnet.id});
    tx.exec("UPDATE subnets SET next_key = ? WHERE id = ?", {subnet.cidr.first().key(), subnet.id});
}

void delete_subnet(db::Transaction& tx, const std::string& id) {
    tx.exec("DELETE FROM free_addresses WHERE subnet_id = ?", {id});
    tx.exec("DELETE FROM subnets WHERE id = ?", {id});
}

}  // namespace virga::network::repo
