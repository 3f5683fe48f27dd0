#include "compute/flows/flow_data.hpp"

namespace virga::compute::flows {

json::object auth_to_json(const identity::Auth& auth) {
    json::array roles(auth.roles.begin(), auth.roles.end());
    return {{"user", auth.user.value},           {"user_name", auth.user_name}, {"project", auth.project.value},
            {"project_name", auth.project_name}, {"roles", std::move(roles)},   {"standings", auth.standings.bits()},
            {"request_id", auth.request_id}};
}

identity::Auth auth_from_json(const json::object& object) {
    identity::Auth auth;
    auth.user = UserId(get_string(object, "user"));
    auth.user_name = get_string(object, "user_name");
    auth.project = ProjectId(get_string(object, "project"));
    auth.project_name = get_string(object, "project_name");
    for (const auto& role : get_array(object, "roles")) auth.roles.emplace_back(role.as_string());
    auth.standings = identity::policy::Standings::from_bits(get_int(object, "standings"));
    auth.request_id = get_string(object, "request_id");
    return auth;
}

json::array nic_requests_to_json(const std::vector<network::NicRequest>& requests) {
    json::array array;
    for (const auto& request : requests) {
        array.push_back(json::object{{"network", request.network.value},
                                     {"port", request.port.value},
                                     {"fixed_ip", request.fixed_ip},
                                     {"tag", request.tag}});
    }
    return array;
}

std::vector<network::NicRequest> nic_requests_from_json(const json::array& array) {
    std::vector<network::NicRequest> requests;
    for (const auto& entry : array) {
        const auto& object = entry.as_object();
        requests.push_back({NetworkId(get_string(object, "network")), PortId(get_string(object, "port")),
                            get_string(object, "fixed_ip"), get_string(object, "tag")});
    }
    return requests;
}

json::array nics_to_json(const std::vector<network::Nic>& nics) {
    json::array array;
    for (const auto& nic : nics) array.push_back(nic.to_json());
    return array;
}

taskflow::FlowSpec flow_on(const std::string& kind, const ServerData& data) {
    taskflow::FlowSpec spec;
    spec.id = taskflow::new_flow_id();
    spec.kind = kind;
    spec.resource = data.server.value;
    spec.data = taskflow::encode(data);
    spec.request_id = data.auth.request_id;
    spec.project_id = data.auth.project.value;
    spec.user_id = data.auth.user.value;
    return spec;
}

}  // namespace virga::compute::flows
