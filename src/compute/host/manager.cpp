#include "compute/host/manager.hpp"

#include <atomic>
#include <exception>

#include "base/error.hpp"
#include "base/log.hpp"
#include "compute/host/capacity.hpp"
#include "compute/host/console_logs.hpp"
#include "compute/host/images/create_images.hpp"
#include "compute/host/periodic.hpp"
#include "compute/host/settings.hpp"
#include "compute/host/used_bases.hpp"
#include "compute/virt/registry.hpp"
#include "config/between_hosts.hpp"

namespace virga::compute::host {
namespace {

/// A guest's serial port writes a few MiB in that time.
constexpr std::chrono::seconds kConsoleInterval{1};

bool is_fake(const config::Config& config) {
    return !virt::wanted_driver(config).capabilities.real_guests;
}

std::vector<std::string> volume_folders(const config::Config& config, const std::string& state_dir,
                                        const Folders& folders) {
    auto all = folders.volumes;
    all.push_back(state_dir + "/mnt");
    for (const auto& folder : config.get(setting::volume_folders)) all.push_back(folder);
    return all;
}

}  // namespace

struct Manager::Impl {
    Impl(const config::Config& settings, const std::string& state_dir, std::string name, network::host::Taps& taps,
         const Folders& folders)
        : config(settings),
          host_name(std::move(name)),
          fake(is_fake(settings)),
          context{state_dir + "/instances",
                  folders.images,
                  disk::Roots(volume_folders(settings, state_dir, folders)),
                  volume_folders(settings, state_dir, folders),
                  folders.shares,
                  !settings.get(config::between_hosts::tls_folder).empty(),
                  taps,
                  virt::wanted_driver(settings).make(settings, state_dir),
                  BaseFolder(state_dir + "/instances/_base"),
                  BlankBases(context.bases, fake),
                  nullptr,
                  create_image_backend(settings, fake),
                  {}} {
        context.cache = create_image_cache(settings, fake, context.bases);
        context.bases.create();
    }

    void guest_changed(const std::string& server_id, int power_state) {
        log::debug("guest changed", {{"server", server_id}, {"power_state", power_state}});
        if (publish) publish(kGuestChangedEvent, {{"server_id", server_id}, {"power_state", power_state}});
    }

    // Rules of the packet filter that others flushed, or that an older version didn't make.
    void protect_taps() {
        std::vector<network::Nic> nics;
        for (const auto& server : server_folders(context.instances)) {
            const auto own = context.folder(server).nics();
            nics.insert(nics.end(), own.begin(), own.end());
        }
        try {
            context.taps.protect(nics);
        } catch (const Error& failure) {
            log::error("guests could send in others' names",
                       {{"error", failure.message()}, {"detail", failure.detail()}});
        }
    }

    void age_cache() {
        try {
            context.cache->evict_unused([&] { return used_bases(context.instances); },
                                        config.get(setting::cache_max_age_s));
        } catch (const std::exception& failure) {
            log::warning("image cache could not be looked through", {{"error", failure.what()}});
        }
    }

    const config::Config& config;
    const std::string host_name;
    const bool fake;
    Context context;
    Publish publish;
    Periodic ageing;
    Periodic consoles;
};

Manager::Manager(const config::Config& config, std::string state_dir, std::string host_name, network::host::Taps& taps,
                 const Folders& folders)
    : impl_(std::make_unique<Impl>(config, state_dir, std::move(host_name), taps, folders)) {}
Manager::~Manager() = default;

CommandTable Manager::commands() {
    CommandTable table;
    add_image_commands(table, impl_->context);
    add_disk_commands(table, impl_->context);
    add_config_drive_commands(table, impl_->context);
    add_guest_commands(table, impl_->context);
    add_power_commands(table, impl_->context);
    add_volume_commands(table, impl_->context);
    add_nic_commands(table, impl_->context);
    add_console_commands(table, impl_->context);
    add_query_commands(table, impl_->context);
    return table;
}

void Manager::publish_with(Publish publish) {
    impl_->publish = std::move(publish);
}

void Manager::start() {
    auto* impl = impl_.get();
    impl->protect_taps();
    impl->context.driver->start([impl](const std::string& id, int state) { impl->guest_changed(id, state); });
    const auto interval = impl->config.get(setting::cache_check_s);
    const auto kept = impl->config.get(setting::console_log_bytes);
    impl->consoles.start(kConsoleInterval, [impl, kept] { bound_console_logs(impl->context.instances, kept); });
    if (interval > 0) impl->ageing.start(std::chrono::seconds(interval), [impl] { impl->age_cache(); });
}

void Manager::stop() {
    impl_->ageing.stop();
    impl_->consoles.stop();
    impl_->context.driver->stop();
}

json::object Manager::report() const {
    const auto& context = impl_->context;
    const auto room = capacity(impl_->config, impl_->fake, context.instances);
    json::array lacks;
    for (const auto& lack : context.driver->lacks()) lacks.emplace_back(lack);
    return {{"host", impl_->host_name},
            {"vcpus", room.vcpus},
            {"memory_mib", room.memory_mib},
            {"disk_gib", room.disk_gib},
            {"free_disk_gib", room.free_disk_gib},
            {"hypervisor_type", context.driver->type()},
            {"hypervisor_version", context.driver->version()},
            {"guests_lack", std::move(lacks)},
            {"zone", impl_->config.get(setting::zone)}};
}

virt::Driver& Manager::driver() {
    return *impl_->context.driver;
}

}  // namespace virga::compute::host
