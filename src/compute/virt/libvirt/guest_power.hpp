#pragma once
#include <chrono>
#include <string>

#include "compute/virt/driver.hpp"
#include "compute/virt/libvirt/connection.hpp"
#include "compute/virt/libvirt/domain_settings.hpp"
#include "compute/virt/libvirt/firmware.hpp"
#include "compute/virt/libvirt/xml/domain.hpp"

namespace virga::compute::virt::libvirt {

/// Starting, stopping and removing guests. Stateless: everything is asked of libvirt.
class GuestPower {
public:
    GuestPower(Connection& connection, const DomainSettings& settings)
        : connection_(connection), settings_(settings), firmware_(connection.root() + "/firmware", settings) {}

    /// Defines (again, from what is given) and creates; a running guest is left alone. On failure nothing is defined.
    SpawnTimes spawn(const GuestSpec& guest, const std::vector<DiskFile>& files, const std::string& console_log);
    /// As spawn, but a guest that fails to start keeps its definition.
    void start(const GuestSpec& guest, const std::vector<DiskFile>& files, const std::string& console_log);
    void destroy(const std::string& server_id);
    void stop(const std::string& server_id, std::chrono::seconds grace);
    void reboot(const GuestSpec& guest, const std::vector<DiskFile>& files, const std::string& console_log, bool hard);

private:
    std::string agent_socket(const std::string& server_id) const;
    /// Those that are there before its first start.
    GuestFiles files_of(const GuestSpec& guest, const std::string& console_log,
                        const std::optional<GuestUser>& user) const;
    bool soft_reboot(const std::string& server_id);
    void ask_to_stop(virDomainPtr domain, std::chrono::seconds grace);
    void kill(virDomainPtr domain, const std::string& server_id);
    /// Its definition, and what it had of files that stay.
    void remove(virDomainPtr domain, const std::string& server_id);
    /// What this host has of a guest besides its definition.
    void forget(const std::string& server_id);
    void undefine(virDomainPtr domain, const std::string& server_id);

    Connection& connection_;
    const DomainSettings& settings_;
    const Firmware firmware_;
};

bool is_active(virDomainPtr domain);

}  // namespace virga::compute::virt::libvirt
