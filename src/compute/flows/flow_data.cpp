#include "compute/flows/flow_data.hpp"

namespace virga::compute::flows {

json::object auth_to_json(const identity::Auth& auth) {
    return {
        {"user", auth.user.value},           {"user_name", auth.user_name},        {"project", auth.project.value},
        {"project_name", auth.project_name}, {"roles", texts_to_json(auth.roles)}, {"standings", auth.standings.bits()},
        {"request_id", auth.request_id}};
}

identity::Auth auth_from_json(const json::object& object) {
    identity::Auth auth;
    auth.user = UserId(get_string(object, "user"));
    auth.user_name = get_string(object, "user_name");
    auth.project = ProjectId(get_string(object, "project"));
    auth.project_name = get_string(object, "project_name");
    auth.roles = texts_from_json(get_array(object, "roles"));
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

json::array texts_to_json(const std::vector<std::string>& texts) {
    json::array array;
    for (const auto& text : texts) array.emplace_back(text);
    return array;
}

std::vector<std::string> texts_from_json(const json::array& array) {
    std::vector<std::string> texts;
    for (const auto& entry : array) texts.emplace_back(entry.as_string());
    return texts;
}

json::array nics_to_json(const std::vector<network::Nic>& nics) {
    json::array array;
    for (const auto& nic : nics) array.push_back(nic.to_json());
    return array;
}

ServerId server_id(const taskflow::TaskContext& context) {
    return ServerId(get_string(context.data, "server"));
}

std::string host_of(const taskflow::TaskContext& context) {
    return get_string(context.data, "host");
}

identity::Auth auth_of(const taskflow::TaskContext& context) {
    return auth_from_json(get_object(context.data, "auth"));
}

std::int64_t round_of(const taskflow::TaskContext& context) {
    return get_int(context.data, "round", 1);
}

taskflow::FlowSpec flow_on(const std::string& kind, const ServerId& server, const identity::Auth& auth) {
    taskflow::FlowSpec spec;
    spec.id = FlowId(new_uuid());
    spec.kind = kind;
    spec.resource = server.value;
    spec.data = json::object{{"server", server.value}, {"auth", auth_to_json(auth)}};
    spec.request_id = auth.request_id;
    spec.project_id = auth.project.value;
    spec.user_id = auth.user.value;
    return spec;
}

}  // namespace virga::compute::flows
