#pragma once
#include <optional>
#include <string>
#include <vector>

#include "compute/model/device_kind.hpp"
#include "compute/model/server.hpp"
#include "identity/service.hpp"
#include "network/service.hpp"
#include "taskflow/typed_task.hpp"

/// What the flows of this folder keep: one struct for each kind, which begins with what all of them have. The names of
/// the fields are stored (see taskflow/codec.hpp).
namespace virga::compute::flows {

json::object auth_to_json(const identity::Auth& auth);
identity::Auth auth_from_json(const json::object& object);

json::array nic_requests_to_json(const std::vector<network::NicRequest>& requests);
std::vector<network::NicRequest> nic_requests_from_json(const json::array& array);

json::array nics_to_json(const std::vector<network::Nic>& nics);

/// Any flow on a server (start_server, attach_volume, ...) or on a host.
struct ServerData {
    ServerId server;
    identity::Auth auth;  ///< of who asked for it
    std::string host;     ///< of the server; while it is built: that conductor.schedule chose, empty before
    /// Number of the host that is being tried, from 1. Ids of commands and of created volumes carry it, so that the
    /// second try of a boot doesn't join what the first one did and undid.
    std::int64_t round = 1;

    template <class Fields>
    void fields(Fields& field) {
        field("server", server);
        auto who = auth_to_json(auth);
        field("auth", who);
        auth = auth_from_json(who);
        field("host", host);
        field("round", round);
    }
};

/// boot_server: what was asked for, then what conductor.schedule found.
struct BootData : ServerData {
    std::vector<network::NicRequest> nics;
    std::vector<std::string> security_groups;
    std::optional<BootWay> way;          ///< none: there was no root
    std::vector<std::string> decisions;  ///< of the API
    std::string wanted_zone;
    std::string wanted_host;
    std::vector<std::string> same_host;       ///< ids of servers
    std::vector<std::string> different_host;  ///< ids of servers
    std::string volume_host;                  ///< where volumes are made near the server; empty: anywhere
    std::string volume_zone;
    std::vector<std::string> alternates;  ///< hosts that may be tried next
    std::vector<std::string> excluded;    ///< hosts that have failed
    std::string last_error;               ///< of the last one that failed

    template <class Fields>
    void fields(Fields& field) {
        ServerData::fields(field);
        auto requests = nic_requests_to_json(nics);
        field("nics", requests);
        nics = nic_requests_from_json(requests);
        field("security_groups", security_groups);
        std::optional<std::string> known_way;
        if (way) known_way.emplace(word(*way));
        field("way", known_way);
        if (known_way) way = lifecycle::find_state<BootWay>(*known_way);
        field("decisions", decisions);
        field("wanted_zone", wanted_zone);
        field("wanted_host", wanted_host);
        field("same_host", same_host);
        field("different_host", different_host);
        field("volume_host", volume_host);
        field("volume_zone", volume_zone);
        field("alternates", alternates);
        field("excluded", excluded);
        field("last_error", last_error);
    }
};

struct DeleteServerData : ServerData {
    std::vector<FlowId> cancelled;  ///< that have to revert first

    template <class Fields>
    void fields(Fields& field) {
        ServerData::fields(field);
        field("cancelled", cancelled);
    }
};

struct DetachInterfaceData : ServerData {
    network::Nic nic;

    template <class Fields>
    void fields(Fields& field) {
        ServerData::fields(field);
        field("nic", nic);
    }
};

/// A flow of `kind` on a server, with what every flow needs to know of its origin. Its data are to be given.
taskflow::FlowSpec flow_on(const std::string& kind, const ServerData& data);
template <class Data>
taskflow::FlowSpec flow_with(const std::string& kind, const Data& data) {
    auto spec = flow_on(kind, data);
    spec.data = taskflow::encode(data);
    return spec;
}

}  // namespace virga::compute::flows
