#include "compute/api/api.hpp"
#include "compute/api/query_rules.hpp"

namespace virga::compute::api {

/// Server groups and aggregates can't be made in this cloud: their lists are empty.
void add_groups(Routes& routes) {
    routes.add("GET", "/os-server-groups", "os_compute_api:os-server-groups:index", [](Call& call) {
        check_query(call, "os-server-groups");
        return json_response(200, "server_groups", json::array());
    });
    routes.add("GET", "/os-aggregates", "os_compute_api:os-aggregates:index",
               [](Call&) { return json_response(200, "aggregates", json::array()); });
}

}  // namespace virga::compute::api
