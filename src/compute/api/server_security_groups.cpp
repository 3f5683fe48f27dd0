#include "base/error.hpp"
#include "compute/api/api.hpp"

namespace virga::compute::api {
namespace {

json::value port_or_any(const std::optional<std::int64_t>& port, const std::string& protocol) {
    if (port) return *port;
    return protocol.empty() ? json::value(nullptr) : json::value(-1);
}

/// The form that Nova has from before Neutron: a source is either a range or a group.
json::object rule_view(const std::string& group, const network::IngressRule& rule) {
    json::object source;
    if (!rule.remote_group_name.empty()) {
        source = {{"name", rule.remote_group_name}, {"tenant_id", rule.remote_group_project}};
    }
    json::object range;
    if (source.empty()) range["cidr"] = rule.cidr.empty() ? "0.0.0.0/0" : rule.cidr;
    return {{"id", rule.id},
            {"parent_group_id", group},
            {"ip_protocol", string_or_null(rule.protocol)},
            {"from_port", port_or_any(rule.port_min, rule.protocol)},
            {"to_port", port_or_any(rule.port_max, rule.protocol)},
            {"group", std::move(source)},
            {"ip_range", std::move(range)}};
}

http::Response list(Call& call) {
    auto tx = call.d.db.read();
    const auto server = visible_server(tx, call.auth, call.server_id());
    json::array views;
    for (const auto& group : call.d.networks.security_groups_of_server(tx, server.id)) {
        json::array rules;
        for (const auto& rule : group.rules) rules.push_back(rule_view(group.id, rule));
        views.push_back(json::object{{"id", group.id},
                                     {"name", group.name},
                                     {"description", group.description},
                                     {"tenant_id", group.project_id},
                                     {"rules", std::move(rules)}});
    }
    return json_response(200, "security_groups", std::move(views));
}

}  // namespace

void add_server_security_groups(Routes& routes) {
    routes.add("GET", "/servers/{server_id}/os-security-groups", "os_compute_api:os-security-groups:list", list);
}

}  // namespace virga::compute::api
