#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "compute/virt/driver.hpp"
#include "compute/virt/libvirt/domain_settings.hpp"
#include "compute/virt/libvirt/guest_users.hpp"
#include "compute/virt/libvirt/handle.hpp"
#include "compute/virt/libvirt/secret_slots.hpp"
#include "compute/virt/libvirt/stalled_guests.hpp"
#include "compute/virt/libvirt/watch.hpp"

namespace virga::compute::virt::libvirt {

/// The one connection to the embedded QEMU driver, opened once, with its events. Thread-safe after open().
class Connection {
public:
    explicit Connection(std::string root) : root_(std::move(root)), secrets_(root_), users_(root_ + "/users") {}
    ~Connection() { close(); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Opens, waits (10 s at most) until guests of an earlier process are connected again, and has libvirt learn the
    /// emulator, so that the first start of a guest is as fast as the others. Throws Error{Unavailable}.
    void open(const DomainSettings& settings, Driver::Changed changed);
    void close();  ///< guests keep running
    virConnectPtr get() const;
    std::int64_t version() const { return version_; }
    /// What guests run without here, and why. After open().
    const std::vector<std::string>& lacks() const { return lacks_; }

    /// nullptr when there is none.
    DomainHandle find(const std::string& server_id) const;
    /// Throws Error{NotFound}.
    DomainHandle need(const std::string& server_id) const;
    std::vector<DomainHandle> all(unsigned flags = 0) const;

    const std::string& root() const { return root_; }
    Watch& watch() { return watch_; }
    SecretSlots& secrets() { return secrets_; }
    GuestUsers& users() { return users_; }
    /// Of the emulator of a running guest; 0 when there is none.
    int process_of(virDomainPtr domain) const;
    /// How often the guest was reset (a soft reboot that came through) since the start.
    std::uint64_t resets(const std::string& server_id) const;
    /// True once after the guest refused to let go of a device.
    bool take_refusal(const std::string& server_id);

private:
    void learn_emulator(const DomainSettings& settings);
    void wait_reconnected();
    void subscribe();
    void subscribe(int event, virConnectDomainEventGenericCallback callback);
    void find_stalled();
    void let_go_on(const std::string& server_id);
    void on_lifecycle(virDomainPtr domain, int event, int detail);
    void on_reset(virDomainPtr domain);
    void on_refusal(virDomainPtr domain);
    static int lifecycle_event(virConnectPtr, virDomainPtr domain, int event, int detail, void* self);
    static void reset_event(virConnectPtr, virDomainPtr domain, void* self);
    static void removed_event(virConnectPtr, virDomainPtr domain, const char* alias, void* self);
    static void refused_event(virConnectPtr, virDomainPtr domain, const char* alias, void* self);
    static void job_event(virConnectPtr, virDomainPtr, const char* disk, int type, int status, void* self);

    std::string root_;
    SecretSlots secrets_;
    GuestUsers users_;
    ConnectionHandle handle_;
    std::int64_t version_ = 0;
    std::vector<std::string> lacks_;
    std::vector<int> callbacks_;
    Watch watch_;
    mutable std::mutex mutex_;
    Driver::Changed changed_;
    std::map<std::string, std::uint64_t> resets_;
    std::set<std::string> refusals_;
    StalledGuests stalled_{[this](const std::string& id) { let_go_on(id); }};
};

}  // namespace virga::compute::virt::libvirt
