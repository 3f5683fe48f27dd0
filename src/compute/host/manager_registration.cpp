#include "compute/host/manager.hpp"

namespace virga::compute::host {

void Manager::register_commands(rpc::HostEndpoint& endpoint) {
    for (auto& [method, handler] : commands()) endpoint.on(method, handler);
    publish_with(
        [&endpoint](std::string_view event, json::object params) { endpoint.publish(event, std::move(params)); });
}

}  // namespace virga::compute::host
