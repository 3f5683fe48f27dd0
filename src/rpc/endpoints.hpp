#pragma once
#include <memory>
#include <string>

#include "config/config.hpp"
#include "rpc/rpc.hpp"

namespace virga::rpc {

/// Opens nothing. Throws Error{InvalidInput} that names the setting when no process can meet another as they say.
void check_settings(const config::Config& config, const std::string& socket_path);

/// On the transport that the settings name.
std::unique_ptr<ControlEndpoint> make_control_endpoint(const config::Config& config, const std::string& socket_path);
std::unique_ptr<HostEndpoint> make_host_endpoint(const config::Config& config, const std::string& socket_path,
                                                 std::string host_name, Threads threads);

}  // namespace virga::rpc
