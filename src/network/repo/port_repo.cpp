#include "network/repo/port_repo.hpp"

#include <unordered_map>

#include "network/model/fault.hpp"
#include "network/repo/ipam.hpp"
#include "network/repo/standard_row.hpp"

namespace virga::network::repo {
namespace {

using ById = std::unordered_map<std::string, Port*>;

Port read_port(const db::Row& row) {
    Port port;
    read_standard(row, port);
    port.network_id = row.text("network_id");
    port.mac = row.text("mac");
    port.admin_state_up = row.flag("admin_state_up");
    port.status = row.text("status");
    port.device_id = row.text("device_id");
    port.device_owner = row.text("device_owner");
    port.server_id = row.text("server_id");
    port.host_id = row.text("host_id");
    port.vnic_type = row.text("vnic_type");
    port.allowed_address_pairs = parse_array(row.text("allowed_address_pairs"));
    if (const auto profile = row.text("binding_profile"); profile != "{}") port.binding_profile = parse_object(profile);
    port.created_for_server = row.flag("created_for_server");
    port.nic_index = row.number("nic_index");
    port.nic_tag = row.text("nic_tag");
    return port;
}

void load_addresses(db::Transaction& tx, const ById& ports, const std::string& marks, const db::Params& params) {
    for (const auto& row : tx.query("SELECT port_id, subnet_id, address, ip_version FROM ip_allocations WHERE port_id "
                                    "IN (" +
                                        marks + ") ORDER BY ip_version, address_key",
                                    params)) {
        ports.at(row.text("port_id"))
            ->fixed_ips.push_back(
                {row.text("address"), row.text("subnet_id"), static_cast<int>(row.number("ip_version"))});
    }
}

void load_groups(db::Transaction& tx, const ById& ports, const std::string& marks, const db::Params& params) {
    for (const auto& row : tx.query("SELECT port_id, security_group_id FROM port_security_groups WHERE port_id IN (" +
                                        marks + ") ORDER BY security_group_id",
                                    params)) {
        ports.at(row.text("port_id"))->security_groups.push_back(row.text("security_group_id"));
    }
}

/// False when another port has its MAC address.
bool try_insert(db::Transaction& tx, const Port& port) {
    auto params = standard_values(port);
    const db::Params rest{port.network_id,
                          port.mac,
                          std::int64_t{port.admin_state_up},
                          port.status,
                          port.device_id,
                          port.device_owner,
                          port.server_id,
                          port.host_id,
                          port.vnic_type,
                          json::serialize(port.allowed_address_pairs),
                          json::serialize(port.binding_profile),
                          std::int64_t{port.created_for_server},
                          port.nic_index,
                          port.nic_tag,
                          port.network_id,
                          port.project_id};
    params.insert(params.end(), rest.begin(), rest.end());
    return tx.exec(
               std::string("INSERT INTO ports (") + kStandardColumns +
                   ", network_id, mac, admin_state_up, status, device_id, device_owner, server_id, host_id, "
                   "vnic_type, allowed_address_pairs, binding_profile, created_for_server, nic_index, nic_tag, "
                   "network_owner) "
                   "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
                   "(SELECT project_id FROM networks WHERE id = ? AND project_id <> ?)) ON CONFLICT (mac) DO NOTHING",
               params) > 0;
}

void insert_with_free_mac(db::Transaction& tx, Port& port) {
    do {
        port.mac = random_mac();
    } while (!try_insert(tx, port));
}

std::vector<std::string> ids_of(const std::vector<db::Row>& rows) {
    std::vector<std::string> ids;
    for (const auto& row : rows) ids.push_back(row.text("id"));
    return ids;
}

}  // namespace

std::vector<Port> list_ports(db::Transaction& tx, const ListQuery& wanted) {
    std::vector<Port> ports;
    auto query = wanted;
    query.add("t.leaving = 0", {});
    for (const auto& row : query.rows(tx, "t.*", "ports")) {
        ports.push_back(read_port(row));
    }
    ById by_id;
    std::vector<std::string> ids;
    for (auto& port : ports) {
        by_id[port.id] = &port;
        ids.push_back(port.id);
    }
    in_pieces(ids, [&](const std::string& marks, const db::Params& params) {
        load_addresses(tx, by_id, marks, params);
        load_groups(tx, by_id, marks, params);
    });
    return ports;
}

std::optional<Port> find_port(db::Transaction& tx, const std::string& id) {
    auto found = list_ports(tx, by_id(id));
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

void insert_port(db::Transaction& tx, Port& port) {
    stamp_new(port);
    if (port.mac.empty()) {
        insert_with_free_mac(tx, port);
    } else if (!try_insert(tx, port)) {
        throw conflict("MacAddressInUse", "The mac address " + port.mac + " is in use: choose another one.");
    }
    tx.exec(
        "INSERT INTO port_usage (project_id, ports) VALUES (?, 1) "
        "ON CONFLICT (project_id) DO UPDATE SET ports = port_usage.ports + 1",
        {port.project_id});
}

void update_port(db::Transaction& tx, Port& port) {
    stamp_change(port);
    tx.exec(
        "UPDATE ports SET name = ?, description = ?, updated_us = ?, revision = ?, mac = ?, admin_state_up = ?, "
        "device_id = ?, device_owner = ?, server_id = ?, host_id = ?, vnic_type = ?, allowed_address_pairs = ?, "
        "binding_profile = ? WHERE id = ?",
        {port.name, port.description, port.updated_us, port.revision, port.mac, std::int64_t{port.admin_state_up},
         port.device_id, port.device_owner, port.server_id, port.host_id, port.vnic_type,
         json::serialize(port.allowed_address_pairs), json::serialize(port.binding_profile), port.id});
}

void set_security_groups(db::Transaction& tx, const std::string& port, const std::vector<std::string>& groups) {
    tx.exec("DELETE FROM port_security_groups WHERE port_id = ?", {port});
    add_security_groups(tx, port, groups);
}

void add_security_groups(db::Transaction& tx, const std::string& port, const std::vector<std::string>& groups) {
    for (const auto& group : groups) {
        tx.exec("INSERT INTO port_security_groups (port_id, security_group_id) VALUES (?,?) ON CONFLICT DO NOTHING",
                {port, group});
    }
}

void delete_port(db::Transaction& tx, const std::string& id) {
    give_back_addresses(tx, id);
    tx.exec("DELETE FROM port_security_groups WHERE port_id = ?", {id});
    // Whoever deletes the row takes it from the sum, so that it is taken once.
    if (const auto row = tx.query_one("DELETE FROM ports WHERE id = ? RETURNING project_id", {id})) {
        tx.exec("UPDATE port_usage SET ports = ports - 1 WHERE project_id = ?", {row->text("project_id")});
    }
}

std::int64_t count_ports_of_project(db::Transaction& tx, const std::string& project) {
    return tx.scalar("SELECT ports FROM port_usage WHERE project_id = ?", {project});
}

void set_leaving(db::Transaction& tx, const std::string& id) {
    set_security_groups(tx, id, {});
    tx.exec("UPDATE ports SET leaving = 1, status = 'DOWN' WHERE id = ?", {id});
}

std::vector<std::string> leaving_ports(db::Transaction& tx, const ServerId& server) {
    std::vector<std::string> ids;
    for (const auto& row : tx.query("SELECT id FROM ports WHERE server_id = ? AND leaving = 1", {server.value})) {
        ids.push_back(row.text("id"));
    }
    return ids;
}

bool claim_port(db::Transaction& tx, const Port& port) {
    return tx.exec(
               "UPDATE ports SET device_id = ?, device_owner = ?, server_id = ?, host_id = '', nic_index = ?, "
               "nic_tag = ?, updated_us = ?, revision = revision + 1 "
               "WHERE id = ? AND leaving = 0 AND server_id = '' AND device_id = ''",
               {port.device_id, port.device_owner, port.server_id, port.nic_index, port.nic_tag, now_us(), port.id}) >
           0;
}

std::int64_t set_host(db::Transaction& tx, const ServerId& server, const std::string& host) {
    return tx.exec(
        "UPDATE ports SET host_id = ?, updated_us = ?, revision = revision + 1 WHERE server_id = ? AND leaving = 0",
        {host, now_us(), server.value});
}

void free_port(db::Transaction& tx, const std::string& id) {
    tx.exec(
        "UPDATE ports SET device_id = '', device_owner = '', server_id = '', host_id = '', nic_index = 0, "
        "nic_tag = '', status = 'DOWN', updated_us = ?, revision = revision + 1 WHERE id = ?",
        {now_us(), id});
}

std::vector<Port> list_ports_of_server(db::Transaction& tx, const ServerId& server) {
    ListQuery query;
    query.add("t.server_id = ?", {server.value});
    query.order = "t.nic_index, t.created_us, t.id";
    return list_ports(tx, query);
}

void set_port_status(db::Transaction& tx, const ServerId& server, const std::string& status) {
    tx.exec(
        "UPDATE ports SET status = ?, updated_us = ?, revision = revision + 1 "
        "WHERE server_id = ? AND status <> ?",
        {status, now_us(), server.value, status});
}

bool is_mac_taken(db::Transaction& tx, const std::string& mac) {
    return tx.query_one("SELECT id FROM ports WHERE mac = ?", {mac}).has_value();
}

std::int64_t count_foreign_ports(db::Transaction& tx, const std::string& network, const std::string& project) {
    return tx.scalar("SELECT COUNT(*) FROM ports WHERE network_id = ? AND project_id <> ?", {network, project});
}

std::vector<std::string> service_ports_of_network(db::Transaction& tx, const std::string& network) {
    return ids_of(tx.query("SELECT id FROM ports WHERE network_id = ? AND device_owner = 'network:dhcp'", {network}));
}

std::vector<std::string> service_ports_of_subnet(db::Transaction& tx, const std::string& subnet) {
    return ids_of(
        tx.query("SELECT id FROM ports WHERE device_owner = 'network:dhcp' AND id IN "
                 "(SELECT port_id FROM ip_allocations WHERE subnet_id = ?)",
                 {subnet}));
}

std::int64_t count_ports_of_network(db::Transaction& tx, const std::string& network) {
    return tx.scalar("SELECT COUNT(*) FROM ports WHERE network_id = ?", {network});
}

std::string port_on_subnet(db::Transaction& tx, const std::string& subnet) {
    const auto row = tx.query_one("SELECT port_id FROM ip_allocations WHERE subnet_id = ? LIMIT 1", {subnet});
    return row ? row->text("port_id") : std::string();
}

}  // namespace virga::network::repo
