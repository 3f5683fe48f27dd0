#include "app/configuration.hpp"

#include <filesystem>

#include "app/http_options.hpp"
#include "base/error.hpp"
#include "base/sandbox.hpp"
#include "compute/virt/registry.hpp"
#include "db/url.hpp"
#include "http/http.hpp"
#include "http/listening.hpp"
#include "identity/auth/password_rules.hpp"
#include "image/settings.hpp"
#include "rpc/endpoints.hpp"
#include "volume/host/manager.hpp"
#include "volume/service.hpp"

namespace virga::app {
namespace {

void check_image_folder(const config::Config& config) {
    const auto& folder = config.get(image::setting::folder);
    if (!folder.empty() && !folder.starts_with('/'))
        throw Error(ErrorCode::InvalidInput, "image.folder: '" + folder + "' is no absolute path");
}

}  // namespace

void check_control(const Options& options, const config::Config& config) {
    rpc::check_settings(config, options.socket_path());
    check_control_user(config);
    const auto http = server_options(config);
    // A cloud that exists may be running: then its lock tells that, rather than its port.
    const bool is_new = !std::filesystem::exists(options.state_dir);
    http::check_listening(http.address, is_new ? http.port : std::uint16_t{0});
    check_image_folder(config);
    const identity::PasswordRules rules(config);
    if (const auto& url = config.get(setting::database_url); !url.empty()) db::check_url(url);
    if (const auto& ca = config.get(setting::tls_ca); !ca.empty() && !std::filesystem::is_regular_file(ca))
        throw Error(ErrorCode::InvalidInput, "http.tls_ca: " + ca + " is no file");
    volume::Service::check_settings(config);
}

void check_host(const Options& options, const config::Config& config) {
    rpc::check_settings(config, options.socket_path());
    if (config.get(setting::sandbox)) const Sandbox attempt({config.get(setting::helper_user), true});
    if (const auto& ca = config.get(setting::host_control_ca); !ca.empty() && !std::filesystem::is_regular_file(ca))
        throw Error(ErrorCode::InvalidInput, "host.control_ca: " + ca + " is no file");
    check_image_folder(config);
    compute::virt::check_settings(config);
    volume::host::Manager::check(config, options.host_dir(), host_name(config));
}

}  // namespace virga::app
