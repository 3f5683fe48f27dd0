#include "base/error.hpp"
#include "compute/api/server_view.hpp"

namespace virga::compute::api {
namespace {

json::object addresses(Call& call) {
    auto tx = call.d.db.read();
    const auto server = visible_server(tx, call.auth, call.server_id());
    return plain_addresses(call.d.networks.nics_of_server(tx, server.id));
}

http::Response list(Call& call) {
    return json_response(200, "addresses", addresses(call));
}

http::Response show(Call& call) {
    auto all = addresses(call);
    const auto& network = call.param("network");
    if (!all.contains(network)) throw Error(ErrorCode::NotFound, "Instance is not a member of network " + network);
    return json_response(200, network, all[network]);
}

}  // namespace

void add_server_addresses(Routes& routes) {
    routes.add("GET", "/servers/{server_id}/ips", "os_compute_api:ips:index", list);
    routes.add("GET", "/servers/{server_id}/ips/{network}", "os_compute_api:ips:show", show);
}

}  // namespace virga::compute::api
