#include "base/error.hpp"
#include "compute/api/api.hpp"

namespace virga::compute::api {
namespace {

json::object view(const Call& call, const Server& server, const network::Nic& nic) {
    json::array ips;
    for (const auto& ip : nic.fixed_ips) {
        ips.push_back(json::object{{"subnet_id", ip.subnet_id}, {"ip_address", ip.address}});
    }
    json::object out{{"port_state", server.vm_state == VmState::Active ? "ACTIVE" : "DOWN"},
                     {"port_id", nic.port_id},
                     {"net_id", nic.network_id},
                     {"mac_addr", nic.mac},
                     {"fixed_ips", std::move(ips)}};
    if (call.minor >= 70) out["tag"] = string_or_null(nic.tag);
    return out;
}

http::Response list(Call& call) {
    auto tx = call.d.db.read();
    const auto server = visible_server(tx, call.auth, call.server_id());
    json::array views;
    for (const auto& nic : call.d.networks.nics_of_server(tx, server.id)) views.push_back(view(call, server, nic));
    return json_response(200, "interfaceAttachments", std::move(views));
}

http::Response show(Call& call) {
    auto tx = call.d.db.read();
    const auto server = visible_server(tx, call.auth, call.server_id());
    for (const auto& nic : call.d.networks.nics_of_server(tx, server.id)) {
        if (nic.port_id == call.param("port_id")) {
            return json_response(200, "interfaceAttachment", view(call, server, nic));
        }
    }
    throw Error(ErrorCode::NotFound,
                "Port " + call.param("port_id") + " is not attached to instance " + server.id.value);
}

}  // namespace

void add_interfaces(Routes& routes) {
    routes.add("GET", "/servers/{server_id}/os-interface", "os_compute_api:os-attach-interfaces:list", list);
    routes.add("GET", "/servers/{server_id}/os-interface/{port_id}", "os_compute_api:os-attach-interfaces:show", show);
}

}  // namespace virga::compute::api
