#include "rpc/endpoints.hpp"

#include "rpc/nats/control.hpp"
#include "rpc/nats/host.hpp"
#include "rpc/settings.hpp"
#include "rpc/socket/connection.hpp"
#include "rpc/socket/control.hpp"
#include "rpc/socket/host.hpp"

namespace virga::rpc {
namespace {

bool is_on_nats(const config::Config& config) {
    return !config.get(setting::url).empty();
}

nats::Meeting nats_meeting(const config::Config& config) {
    return {nats::servers_of(config.get(setting::url)), config.get(setting::prefix), config.get(setting::tls_ca),
            config.get(setting::credentials)};
}

}  // namespace

void check_settings(const config::Config& config, const std::string& socket_path) {
    if (is_on_nats(config))
        nats::check(nats_meeting(config));
    else
        check_path(socket_path);
}

std::unique_ptr<ControlEndpoint> make_control_endpoint(const config::Config& config, const std::string& socket_path,
                                                       std::function<std::set<std::string>()> barred) {
    if (is_on_nats(config)) {
        auto endpoint = std::make_unique<NatsControl>(nats_meeting(config));
        endpoint->bar(std::move(barred));
        return endpoint;
    }
    return std::make_unique<SocketControl>(socket_path);
}

std::unique_ptr<HostEndpoint> make_host_endpoint(const config::Config& config, const std::string& socket_path,
                                                 std::string host_name, Threads threads) {
    if (is_on_nats(config)) return std::make_unique<NatsHost>(nats_meeting(config), std::move(host_name), threads);
    return std::make_unique<SocketHost>(socket_path, std::move(host_name), threads);
}

}  // namespace virga::rpc
