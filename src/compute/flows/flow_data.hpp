#pragma once
#include <string>
#include <vector>

#include "base/json.hpp"
#include "compute/model/server.hpp"
#include "identity/service.hpp"
#include "network/service.hpp"
#include "taskflow/flow.hpp"

/// What the flows of this folder keep in FlowSpec::data, and how to read it. Keys: server, auth, nics, security_groups,
/// decisions, wanted_zone, wanted_host, same_host, different_host (given at the start); host, volume_host, alternates,
/// excluded, round, last_error (of conductor.schedule).
namespace virga::compute::flows {

json::object auth_to_json(const identity::Auth& auth);
identity::Auth auth_from_json(const json::object& object);

json::array nic_requests_to_json(const std::vector<network::NicRequest>& requests);
std::vector<network::NicRequest> nic_requests_from_json(const json::array& array);

json::array texts_to_json(const std::vector<std::string>& texts);
std::vector<std::string> texts_from_json(const json::array& array);
json::array nics_to_json(const std::vector<network::Nic>& nics);

ServerId server_id(const taskflow::TaskContext& context);
/// Host that conductor.schedule chose; empty before.
std::string host_of(const taskflow::TaskContext& context);
identity::Auth auth_of(const taskflow::TaskContext& context);
/// Number of the host that is being tried, from 1. Ids of commands and of created volumes carry it, so that the second
/// try of a boot doesn't join what the first one did and undid.
std::int64_t round_of(const taskflow::TaskContext& context);

/// A flow of `kind` on a server, with what every flow needs to know of its origin.
taskflow::FlowSpec flow_on(const std::string& kind, const ServerId& server, const identity::Auth& auth);

}  // namespace virga::compute::flows
