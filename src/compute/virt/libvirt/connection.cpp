#include "compute/virt/libvirt/connection.hpp"

#include <libvirt/virterror.h>

#include <atomic>
#include <thread>

#include "base/certificates.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/small_file.hpp"
#include "compute/virt/libvirt/dead_guests.hpp"
#include "compute/virt/libvirt/event_loop.hpp"
#include "compute/virt/libvirt/failure.hpp"
#include "compute/virt/libvirt/machine_security.hpp"
#include "compute/virt/libvirt/power_state.hpp"
#include "compute/virt/libvirt/qemu_conf.hpp"
#include "compute/virt/libvirt/uri.hpp"

namespace virga::compute::virt::libvirt {
namespace {

constexpr std::chrono::seconds kReconnectBound{10};

std::vector<std::string> client_files(const std::string& tls_folder) {
    std::vector<std::string> files;
    for (const auto* name : {certificate_file::kCa, certificate_file::kClient, certificate_file::kClientKey})
        files.push_back(tls_folder + "/" + name);
    return files;
}

}  // namespace

virConnectPtr Connection::get() const {
    if (!handle_) throw Error(ErrorCode::Unavailable, "the hypervisor's connection is not open");
    return handle_.get();
}

void Connection::open(const DomainSettings& settings, Driver::Changed changed) {
    silence();
    const auto machine = settings.use_machine_security ? machine_security("") : MachineSecurity{};
    const auto certificates = settings.tls_folder.empty() ? std::string() : root_ + "/tls";
    write_qemu_conf(root_, machine, certificates);
    lacks_ = machine.lacks;
    if (!settings.use_machine_security) lacks_.emplace_back("libvirt.use_machine_security is false");
    for (const auto& lack : lacks_) log::warning("guests run with less around them", {{"why", lack}});
    log::info("guests are confined", {{"security_driver", machine.driver}, {"cgroups", machine.controllers.size()}});
    users_.open(settings);
    users_.need_reachable(root_);
    if (!certificates.empty()) users_.give_all(client_files(settings.tls_folder), certificates);
    forget_dead_guests(root_);
    ensure_event_loop();
    {
        const std::lock_guard lock(mutex_);
        changed_ = std::move(changed);
    }
    const auto started = monotonic_us();
    secrets_.open();
    handle_.reset(virConnectOpen(embedded_uri("qemu", root_).c_str()));
    if (!handle_) throw Error(ErrorCode::Unavailable, last_failure("open the hypervisor").message());
    const auto opened = monotonic_us();
    wait_reconnected();
    const auto reconnected = monotonic_us();
    subscribe();
    find_stalled();
    learn_emulator(settings);
    log::info("hypervisor is ready", {{"open_ms", (opened - started) / 1000},
                                      {"reconnect_ms", (reconnected - opened) / 1000},
                                      {"probe_ms", (monotonic_us() - reconnected) / 1000}});
}

void Connection::learn_emulator(const DomainSettings& settings) {
    const TextHandle capabilities(virConnectGetDomainCapabilities(
        handle_.get(), settings.emulator.c_str(), nullptr, settings.machine.c_str(), settings.virt_type.c_str(), 0));
    if (!capabilities) throw last_failure("emulator '" + settings.emulator + "' can't be used");
    unsigned long version = 0;
    check(virConnectGetVersion(handle_.get(), &version), "ask for the hypervisor's version");
    version_ = static_cast<std::int64_t>(version);
}

// Reconnecting holds a job on each domain from before virConnectOpen returns until it is done; a call that needs a job
// therefore returns only afterwards. It runs beside, since a guest whose emulator hangs would block it for ever.
void Connection::wait_reconnected() {
    struct Progress {
        std::vector<DomainHandle> guests;
        Watch watch;
        std::atomic<bool> done{false};
    };
    auto progress = std::make_shared<Progress>();
    progress->guests = all(VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    if (progress->guests.empty()) return;
    std::thread([progress] {
        for (const auto& guest : progress->guests) {
            virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
            virDomainMemoryStats(guest.get(), stats, VIR_DOMAIN_MEMORY_STAT_NR, 0);  // any result will do
        }
        progress->done = true;
        progress->watch.note();
    }).detach();
    if (!progress->watch.wait(kReconnectBound, [&] { return progress->done.load(); }))
        log::warning("some guests don't answer after the restart", {{"guests", progress->guests.size()}});
}

void Connection::subscribe(int event, virConnectDomainEventGenericCallback callback) {
    const int id = virConnectDomainEventRegisterAny(handle_.get(), nullptr, event, callback, this, nullptr);
    check(id, "subscribe to the hypervisor's events");
    callbacks_.push_back(id);
}

void Connection::subscribe() {
    subscribe(VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(lifecycle_event));
    subscribe(VIR_DOMAIN_EVENT_ID_REBOOT, VIR_DOMAIN_EVENT_CALLBACK(reset_event));
    subscribe(VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, VIR_DOMAIN_EVENT_CALLBACK(removed_event));
    subscribe(VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, VIR_DOMAIN_EVENT_CALLBACK(refused_event));
    subscribe(VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2, VIR_DOMAIN_EVENT_CALLBACK(job_event));
}

void Connection::find_stalled() {
    stalled_.start();
    for (const auto& domain : all(VIR_CONNECT_LIST_DOMAINS_PAUSED))
        if (is_stalled(domain.get())) stalled_.add(uuid_of(domain.get()));
}

void Connection::let_go_on(const std::string& server_id) {
    const auto domain = find(server_id);
    if (domain && is_stalled(domain.get())) check(virDomainResume(domain.get()), "let a guest go on", server_id);
}

void Connection::close() {
    stalled_.stop();
    {
        const std::lock_guard lock(mutex_);
        changed_ = nullptr;
    }
    for (const int callback : callbacks_) virConnectDomainEventDeregisterAny(handle_.get(), callback);
    callbacks_.clear();
    handle_.reset();
    secrets_.close();
    watch_.note();
}

DomainHandle Connection::find(const std::string& server_id) const {
    DomainHandle domain(virDomainLookupByUUIDString(get(), server_id.c_str()));
    if (!domain && last_code() != VIR_ERR_NO_DOMAIN) throw last_failure("look up a guest", server_id);
    return domain;
}

int Connection::process_of(virDomainPtr domain) const {
    const auto text = read_small_file(root_ + "/run/qemu/" + virDomainGetName(domain) + ".pid");
    return std::atoi(text.value_or("").c_str());
}

DomainHandle Connection::need(const std::string& server_id) const {
    auto domain = find(server_id);
    if (!domain) throw Error(ErrorCode::NotFound, "server " + server_id + " has no guest on this host", {}, server_id);
    return domain;
}

std::vector<DomainHandle> Connection::all(unsigned flags) const {
    virDomainPtr* list = nullptr;
    const int count = virConnectListAllDomains(get(), &list, flags);
    check(count, "list the guests");
    std::vector<DomainHandle> domains;
    for (int i = 0; i < count; ++i) domains.emplace_back(list[i]);
    std::free(list);
    return domains;
}

std::uint64_t Connection::resets(const std::string& server_id) const {
    const std::lock_guard lock(mutex_);
    const auto found = resets_.find(server_id);
    return found == resets_.end() ? 0 : found->second;
}

bool Connection::take_refusal(const std::string& server_id) {
    const std::lock_guard lock(mutex_);
    return refusals_.erase(server_id) > 0;
}

void Connection::on_lifecycle(virDomainPtr domain, int event, int detail) {
    const auto id = uuid_of(domain);
    if (event == VIR_DOMAIN_EVENT_SUSPENDED && detail == VIR_DOMAIN_EVENT_SUSPENDED_IOERROR) return stalled_.add(id);
    Driver::Changed changed;
    {
        const std::lock_guard lock(mutex_);
        changed = changed_;
        if (event == VIR_DOMAIN_EVENT_UNDEFINED) resets_.erase(id);
    }
    watch_.note();
    const auto state = power_state_after(event);
    if (state && changed) changed(id, *state);
}

void Connection::on_reset(virDomainPtr domain) {
    {
        const std::lock_guard lock(mutex_);
        ++resets_[uuid_of(domain)];
    }
    watch_.note();
}

void Connection::on_refusal(virDomainPtr domain) {
    {
        const std::lock_guard lock(mutex_);
        refusals_.insert(uuid_of(domain));
    }
    watch_.note();
}

int Connection::lifecycle_event(virConnectPtr, virDomainPtr domain, int event, int detail, void* self) {
    static_cast<Connection*>(self)->on_lifecycle(domain, event, detail);
    return 0;
}

void Connection::reset_event(virConnectPtr, virDomainPtr domain, void* self) {
    static_cast<Connection*>(self)->on_reset(domain);
}

void Connection::removed_event(virConnectPtr, virDomainPtr, const char*, void* self) {
    static_cast<Connection*>(self)->watch_.note();
}

void Connection::job_event(virConnectPtr, virDomainPtr, const char*, int, int, void* self) {
    static_cast<Connection*>(self)->watch_.note();
}

void Connection::refused_event(virConnectPtr, virDomainPtr domain, const char*, void* self) {
    static_cast<Connection*>(self)->on_refusal(domain);
}

}  // namespace virga::compute::virt::libvirt
