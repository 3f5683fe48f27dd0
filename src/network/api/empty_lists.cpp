#include "network/api/api.hpp"

namespace virga::network::api {
namespace {

struct EmptyList {
    const char* path;
    const char* key;
};

// Clients ask for these while they work with what there is.
constexpr EmptyList kEmptyLists[] = {
    {"/subnetpools", "subnetpools"},
    {"/routers", "routers"},
    {"/floatingips", "floatingips"},
    {"/agents", "agents"},
    {"/availability_zones", "availability_zones"},
    {"/address-scopes", "address_scopes"},
    {"/address-groups", "address_groups"},
    {"/qos/policies", "policies"},
    {"/trunks", "trunks"},
    {"/segments", "segments"},
    {"/rbac-policies", "rbac_policies"},
    {"/network-ip-availabilities", "network_ip_availabilities"},
    {"/service-providers", "service_providers"},
};

}  // namespace

void add_empty_lists(http::Router& router, Context& context) {
    for (const auto& list : kEmptyLists) {
        add_route(router, context, "GET", list.path,
                  [key = std::string(list.key)](Context&, http::Request&, const identity::Auth&) {
                      json::object body;
                      body[key] = json::array();
                      return http::Response::with_json(200, body);
                  });
    }
}

}  // namespace virga::network::api
