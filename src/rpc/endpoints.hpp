#pragma once
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "config/config.hpp"
#include "rpc/rpc.hpp"

namespace virga::rpc {

/// Opens nothing. Throws Error{InvalidInput} that names the setting when no process can meet another as they say.
void check_settings(const config::Config& config, const std::string& socket_path);

/// On the transport that the settings name. `barred`, asked again and again from start() on: names of hosts that aren't
/// to be heard, since their keys were revoked. On the socket hosts have no keys.
std::unique_ptr<ControlEndpoint> make_control_endpoint(const config::Config& config, const std::string& socket_path,
                                                       std::function<std::set<std::string>()> barred);
std::unique_ptr<HostEndpoint> make_host_endpoint(const config::Config& config, const std::string& socket_path,
                                                 std::string host_name, Threads threads);

}  // namespace virga::rpc
