#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "base/json.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "http/http.hpp"
#include "identity/service.hpp"
#include "network/guest_subnet.hpp"
#include "network/nic.hpp"
#include "network/server_nics.hpp"
#include "network/server_security_group.hpp"
#include "rpc/rpc.hpp"
#include "taskflow/runner.hpp"

namespace virga::network {

/// One entry of the `networks` of a server request, checked.
struct NicRequest {
    NetworkId network;  ///< of the port when a port is given
    PortId port;        ///< an existing port to use, or empty: one is made
    std::string fixed_ip;
    std::string tag;
};

/// Ports of a project and how many it may have; a limit below 0: no bound.
struct PortUsage {
    std::int64_t limit = 0;
    std::int64_t used = 0;
};

/// The network service (Neutron v2.0): networks, subnets, ports, security groups.
class Service {
public:
    Service(db::Database& database, const config::Config& config, identity::Service& identity, rpc::Caller& hosts,
            taskflow::Runner& runner);
    ~Service();

    /// Before register_routes.
    void use(ServerNics& server_nics);
    void register_routes(http::Router& router);
    /// One shared network "default" with one subnet (settings network.default_cidr ...), made once.
    void bootstrap();
    std::vector<std::string> check(db::Transaction& tx, const std::vector<ServerId>& live_servers);

    /// Checks `networks` of a server request for a project, at API time: a JSON list of {uuid|port|fixed_ip|tag},
    /// "auto", "none" or null (= all networks of the project, or the only shared one). Nothing is claimed.
    /// Error{InvalidInput}: unknown network or port, bad address; Error{Conflict}: port in use, several networks to
    /// choose from; Error{Forbidden}: a fixed_ip on somebody else's network.
    std::vector<NicRequest> check_request(db::Transaction& tx, const identity::Auth& auth, const json::value& networks,
                                          std::int64_t max_count);
    /// Names or ids to security group ids of the project; Error{InvalidInput} for an unknown one,
    /// Error{Conflict} for a name that several have. Empty gives the default group.
    std::vector<std::string> resolve_security_groups(db::Transaction& tx, const identity::Auth& auth,
                                                     const std::vector<std::string>& names);

    PortUsage port_usage(db::Transaction& tx, const ProjectId& project);
    /// How many servers with these requests find addresses; counting ends at `most`.
    std::int64_t address_room(db::Transaction& tx, const std::vector<NicRequest>& requests, std::int64_t most);
    /// In the transaction that accepts a server: makes its ports, with MAC and addresses, and takes those that the user
    /// brought. From here on they are the server's, until release. Ids of made ports are derived from the server and
    /// the index: a repeat changes nothing. The quota isn't asked (see port_usage). Error{InvalidInput}: no address
    /// left, an address that was asked for is taken, the network is gone or no longer shared; Error{Conflict}: somebody
    /// else has the port; Error{Forbidden} as check_request.
    void claim(db::Transaction& tx, const identity::Auth& auth, const ServerId& server,
               const std::vector<NicRequest>& requests, const std::vector<std::string>& security_groups);
    /// The claimed ports are on the host from now on. May be repeated, also with another host.
    std::vector<Nic> bind(db::Transaction& tx, const ServerId& server, const ProjectId& project,
                          const std::string& host, const std::vector<NicRequest>& requests,
                          const std::vector<std::string>& security_groups);
    /// Undoes bind: the ports are on no host, and still the server's.
    void unbind(db::Transaction& tx, const ServerId& server);
    /// Also of a server that is being built and has no host yet.
    std::vector<Nic> nics_of_server(db::Transaction& tx, const ServerId& server);
    /// Those that may have a tap on the server's host: as nics_of_server, and the ports that are being taken away.
    std::vector<Nic> plugged_nics_of_server(db::Transaction& tx, const ServerId& server);
    /// Of many servers with a bounded number of statements; servers without a nic have no entry.
    std::unordered_map<ServerId, std::vector<Nic>> nics_of_servers(db::Transaction& tx,
                                                                   const std::vector<ServerId>& servers);
    /// The subnets of the nics' addresses, by id.
    std::map<std::string, GuestSubnet> subnets_of_nics(db::Transaction& tx, const std::vector<Nic>& nics);
    /// Names of the groups that the servers' ports have, each once, sorted. A server without ports has no entry.
    std::unordered_map<ServerId, std::vector<std::string>> group_names_of_servers(db::Transaction& tx,
                                                                                  const std::vector<ServerId>& servers);
    /// With the rules that let traffic in, by name.
    std::vector<ServerSecurityGroup> security_groups_of_server(db::Transaction& tx, const ServerId& server);
    /// Marks the server's ports ACTIVE / DOWN.
    void set_port_status(db::Transaction& tx, const ServerId& server, std::string_view status);
    /// Ends a port that ServerNics::begin_detach took: its addresses are free again. Idempotent.
    void remove_port(db::Transaction& tx, const PortId& port);
    /// Deletes the ports that were made for the server and frees those that the user brought. Idempotent.
    void release(db::Transaction& tx, const ServerId& server);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

const std::vector<db::Migration>& migrations();

}  // namespace virga::network
