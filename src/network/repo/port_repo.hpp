#pragma once
#include <optional>

#include "base/ids.hpp"
#include "network/model/types.hpp"
#include "network/repo/list_query.hpp"

namespace virga::network::repo {

/// With addresses and security groups, without those that are leaving, in a bounded number of statements.
std::vector<Port> list_ports(db::Transaction& tx, const ListQuery& query);
std::optional<Port> find_port(db::Transaction& tx, const std::string& id);
/// Without addresses. Fills an empty `mac` with a free one. Throws Fault MacAddressInUse (409) for a given one.
void insert_port(db::Transaction& tx, Port& port);
/// All but addresses, security groups and what binds it to a server.
void update_port(db::Transaction& tx, Port& port);
/// In place of those that it has.
void set_security_groups(db::Transaction& tx, const std::string& port, const std::vector<std::string>& groups);
/// Of a port that is new.
void add_security_groups(db::Transaction& tx, const std::string& port, const std::vector<std::string>& groups);
/// Gives its addresses back.
void delete_port(db::Transaction& tx, const std::string& id);

/// From now on nobody sees the port; it keeps its addresses until delete_port.
void set_leaving(db::Transaction& tx, const std::string& id);
std::vector<std::string> leaving_ports(db::Transaction& tx, const ServerId& server);

/// Gives a free port to `port.server_id`, which has no host yet. False when somebody else has it, or it is gone.
bool claim_port(db::Transaction& tx, const Port& port);
/// The host of a server's ports, empty: none any more. Returns how many there are.
std::int64_t set_host(db::Transaction& tx, const ServerId& server, const std::string& host);
/// Takes the port from its server.
void free_port(db::Transaction& tx, const std::string& id);
/// Ports that a server holds, in the order of its nics. A device_id that a user wrote does not count.
std::vector<Port> list_ports_of_server(db::Transaction& tx, const ServerId& server);
/// Of all ports of a server.
void set_port_status(db::Transaction& tx, const ServerId& server, const std::string& status);
bool is_mac_taken(db::Transaction& tx, const std::string& mac);
/// From its counter, which changes with its ports.
std::int64_t count_ports_of_project(db::Transaction& tx, const std::string& project);
/// Ports of the network that are not this project's.
std::int64_t count_foreign_ports(db::Transaction& tx, const std::string& network, const std::string& project);
/// Ports of the network's own services (DHCP): ids.
std::vector<std::string> service_ports_of_network(db::Transaction& tx, const std::string& network);
std::vector<std::string> service_ports_of_subnet(db::Transaction& tx, const std::string& subnet);
/// Ports of the network that keep it from being deleted.
std::int64_t count_ports_of_network(db::Transaction& tx, const std::string& network);
/// A port with an address in the subnet; empty when there is none.
std::string port_on_subnet(db::Transaction& tx, const std::string& subnet);

}  // namespace virga::network::repo
