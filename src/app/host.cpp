#include <signal.h>
#include <unistd.h>

#include <mutex>
#include <optional>

#include "app/commands.hpp"
#include "app/configuration.hpp"
#include "app/memory.hpp"
#include "base/log.hpp"
#include "base/sandbox.hpp"
#include "compute/host/manager.hpp"
#include "compute/virt/registry.hpp"
#include "config/between_hosts.hpp"
#include "disk/image_access.hpp"
#include "disk/reserve.hpp"
#include "hostkeys/host/renewer.hpp"
#include "image/settings.hpp"
#include "network/host/taps.hpp"
#include "rpc/endpoints.hpp"
#include "volume/host/manager.hpp"

namespace virga::app {
namespace {

/// The credentials of a host that has joined are good for some time. False: it is told to end.
bool wait_for_credentials(hostkeys::host::Renewer& renewer, Announcer& announcer) {
    while (!renewer.prepare()) {
        announcer.status("the credentials of this host are over, and no control process answers to renew them");
        if (wait_for_stop_signal(std::chrono::seconds(1))) return false;
    }
    return true;
}

disk::ImageAccess image_access(const Options& options, const config::Config& config) {
    const auto& folder = config.get(image::setting::folder);
    return {folder.empty() ? options.control_dir() + "/images" : folder, config.get(setting::host_control_urls),
            config.get(setting::host_control_ca)};
}

/// What runs without a sandbox is said at each start, and by `virga check`.
void make_sandbox(const config::Config& config) {
    Sandbox::configure({config.get(setting::helper_user), config.get(setting::sandbox)});
    if (Sandbox::instance() == nullptr)
        log::warning("host.sandbox is false: programs that read the data of users and guests run as this process does");
}

}  // namespace

int host(const Options& options, Announcer& announcer) {
    block_stop_signals();
    limit_memory();
    auto config = options.load();
    const hostkeys::host::Joined joined(options.host_dir());
    if (joined.exists()) joined.complete(config);
    log::init("host", config.get(setting::log_level));
    make_sandbox(config);
    check_host(options, config);
    prepare_state_dir(options);
    lock_folder(options.host_dir());
    disk::keep_free(options.state_dir, config.get(setting::reserved_space));

    const auto name = host_name(config);
    const bool real_guests = compute::virt::wanted_driver(config).capabilities.real_guests;
    const auto images = image_access(options, config);
    network::host::Taps taps(real_guests, options.host_dir());
    volume::host::Manager volumes(config, options.host_dir(), images, name);
    compute::host::Manager guests(config, options.host_dir(), name, taps,
                                  {images, volumes.volume_folders(), volumes.shares()});
    const auto made = rpc::make_host_endpoint(config, options.socket_path(), name,
                                              {static_cast<std::size_t>(config.get(setting::host_threads)),
                                               static_cast<std::size_t>(config.get(setting::host_long_threads))});
    auto& endpoint = *made;
    taps.register_commands(endpoint);
    volumes.register_commands(endpoint);
    guests.register_commands(endpoint);
    endpoint.report_with([&] {
        auto report = guests.report();
        report["backends"] = volumes.last_report();
        report["remote_disks"] = !config.get(config::between_hosts::tls_folder).empty();
        report["unconfined"] = Sandbox::instance() == nullptr;
        return report;
    });
    std::mutex refusing;
    std::optional<Error> refusal;  // written before the signal
    const auto refused = [&](const Error& why) {
        const std::lock_guard lock(refusing);
        refusal = why;
        ::kill(::getpid(), SIGTERM);
    };
    endpoint.on_refused(refused);
    std::optional<hostkeys::host::Renewer> renewer;
    if (joined.exists()) {
        renewer.emplace(joined, refused);
        if (!wait_for_credentials(*renewer, announcer)) return 0;
        renewer->start();
    }
    endpoint.on_welcome([&announcer] { announcer.ready("connected to the control process"); });
    volumes.recover();
    guests.start();
    announcer.status("waits for the control process");
    endpoint.start();
    volumes.start([&] { endpoint.publish_report(); });
    give_back_memory();
    log::info("host is ready", {{"name", name}});
    wait_for_stop_signal();
    announcer.stopping();
    volumes.stop();
    endpoint.stop();
    guests.stop();
    renewer.reset();
    if (refusal) throw Error(*refusal);
    return 0;
}

}  // namespace virga::app
