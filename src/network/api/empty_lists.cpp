#include "network/api/api.hpp"

namespace virga::network::api {
namespace {

struct EmptyList {
    const char* path;
    const char* key;
    const char* policy;
};

// Clients ask for these while they work with what there is.
constexpr EmptyList kEmptyLists[] = {
    {"/subnetpools", "subnetpools", "get_subnetpool"},
    {"/routers", "routers", "get_router"},
    {"/floatingips", "floatingips", "get_floatingip"},
    {"/agents", "agents", "get_agent"},
    {"/availability_zones", "availability_zones", "get_availability_zone"},
    {"/address-scopes", "address_scopes", "get_address_scope"},
    {"/address-groups", "address_groups", "get_address_group"},
    {"/qos/policies", "policies", "get_policy"},
    {"/trunks", "trunks", "get_trunk"},
    {"/segments", "segments", "get_segment"},
    {"/rbac-policies", "rbac_policies", "get_rbac_policy"},
    {"/network-ip-availabilities", "network_ip_availabilities", "get_network_ip_availability"},
    {"/service-providers", "service_providers", "get_service_provider"},
};

}  // namespace

void add_empty_lists(http::Router& router, Context& context) {
    for (const auto& list : kEmptyLists) {
        add_route(router, context, "GET", list.path, list.policy,
                  [key = std::string(list.key)](Context&, http::Request&, const identity::Auth&) {
                      json::object body;
                      body[key] = json::array();
                      return http::Response::with_json(200, body);
                  });
    }
}

}  // namespace virga::network::api
