#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "config/config.hpp"
#include "disk/image_access.hpp"
#include "rpc/rpc.hpp"
#include "volume/host/backend_config.hpp"
#include "volume/host/backup/store.hpp"
#include "volume/host/capacity_watch.hpp"
#include "volume/host/drivers/driver.hpp"
#include "volume/host/lock_table.hpp"

namespace virga::volume::host {

/// The volume service on a storage host: its backends, and the commands of volume/host_commands.hpp.
class Manager {
public:
    /// What the constructor would refuse, without making anything. Throws Error{InvalidInput} naming a wrong setting.
    static void check(const config::Config& config, const std::string& state_dir, const std::string& host_name);
    /// Makes the backends that the configuration names. Throws Error{InvalidInput} naming a wrong setting.
    /// `images` is the only way by which images are read and written. `host_name` is what control knows this host by:
    /// whose connections need no export.
    Manager(const config::Config& config, const std::string& state_dir, disk::ImageAccess images,
            const std::string& host_name);
    ~Manager();

    void register_commands(rpc::HostEndpoint& endpoint);
    /// Runs one command; what register_commands registers. Throws Error{NotFound} for an unknown backend,
    /// Error{InvalidInput} for wrong parameters, and what the driver throws.
    json::object run(const rpc::Command& command);
    /// For the host's report: [{name, backend_name, driver, up, total_gib, free_gib, allocated_gib,
    /// max_over_subscription_ratio, reserved_percentage, host_local, exports, online_snapshot}].
    json::array report() const;
    /// The same as of the last look: never waits for storage.
    json::array last_report() const { return watch_.last(); }
    /// Where the files of volumes are on this host, and where its shares are mounted.
    std::vector<std::string> volume_folders() const;
    /// The network shares of its backends, as configured on this host.
    std::vector<disk::Share> shares() const;
    /// Cleans up after a kill and looks for the first time. Call once, before commands are served.
    void recover();
    /// From now on looks at the backends regularly, and after operations; `changed` is called when last_report() is
    /// another one.
    void start(std::function<void()> changed);
    void stop();

private:
    struct Backend {
        BackendConfig config;
        std::unique_ptr<Driver> driver;
        LockTable locks;
    };

    Backend& backend_of(const json::object& params, std::string_view key = "backend");
    json::object run_on_backend(const rpc::Command& command);
    json::object copy_here(const rpc::Command& command);
    json::object inventory() const;

    std::unique_ptr<Exports> exports_;  ///< before the backends, which use it
    std::vector<std::unique_ptr<Backend>> backends_;
    disk::ImageAccess images_;
    std::string uploads_;  ///< folder of images on their way to a store that this host doesn't see
    backup::Store backups_;
    std::chrono::seconds report_interval_;
    CapacityWatch watch_;
};

}  // namespace virga::volume::host
