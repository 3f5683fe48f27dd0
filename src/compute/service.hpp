#pragma once
#include <memory>
#include <string>
#include <vector>

#include "compute/flows/flows.hpp"
#include "http/http.hpp"

namespace virga::compute {

/// The compute service (Nova v2.1).
class Service {
public:
    Service(flows::Dependencies dependencies, identity::Service& identity);
    ~Service();

    void register_routes(http::Router& router);
    void register_tasks(taskflow::Registry& registry);
    /// Default flavors (m1.tiny ... m1.xlarge), made on an empty database.
    void bootstrap();
    /// A host published an event (rpc): host.up and host.report with its report, host.down, guest.changed {server_id,
    /// power_state}.
    void host_event(const std::string& host, std::string_view event, const json::object& params);
    /// On a shared database: from now on other control processes are told which hosts are heard here. After the
    /// endpoint's start.
    void tell_of_hosts();
    void end_telling();
    /// Forgets the actions of servers whose delete was asked for before `time`, in small transactions. Returns of how
    /// many servers.
    std::int64_t forget_actions_before(TimestampUs time);
    /// What the volume service needs to change volumes of running servers.
    volume::AttachedVolumes& attached_volumes();
    network::ServerNics& server_nics();
    /// Differences between rows and the hosts' domains, disks and taps; empty when healthy.
    std::vector<std::string> check(db::Transaction& tx);
    /// What hosts confine guests less with than they could, and why. No difference: the machine is so.
    std::vector<std::string> weaknesses() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

const std::vector<db::Migration>& migrations();

}  // namespace virga::compute
