#include "compute/virt/libvirt/libvirt_driver.hpp"

#include "compute/virt/check_guest.hpp"
#include "compute/virt/libvirt/confinement.hpp"
#include "compute/virt/libvirt/connection.hpp"
#include "compute/virt/libvirt/disk_mirrors.hpp"
#include "compute/virt/libvirt/failure.hpp"
#include "compute/virt/libvirt/guest_disks.hpp"
#include "compute/virt/libvirt/guest_nics.hpp"
#include "compute/virt/libvirt/guest_power.hpp"
#include "compute/virt/libvirt/live_disks.hpp"
#include "compute/virt/libvirt/power_state.hpp"
#include "compute/virt/libvirt/xml/disk.hpp"
#include "compute/virt/libvirt/xml/interface.hpp"

namespace virga::compute::virt::libvirt {
namespace {

int power_state(virDomainPtr domain) {
    int state = VIR_DOMAIN_NOSTATE;
    if (virDomainGetState(domain, &state, nullptr, 0) < 0) return power_state_of(VIR_DOMAIN_NOSTATE);
    if (is_stalled(domain)) return power_state_of(VIR_DOMAIN_RUNNING);  // it goes on by itself
    return power_state_of(state);
}

std::vector<std::string> volumes(virDomainPtr domain) {
    const TextHandle xml(virDomainGetXMLDesc(domain, 0));
    std::vector<std::string> ids;
    if (!xml) return ids;  // it went away meanwhile
    for (const auto& disk : disks_of(xml.get()))
        if (!disk.serial.empty()) ids.push_back(disk.serial);
    return ids;
}

std::vector<std::string> macs(virDomainPtr domain) {
    const TextHandle xml(virDomainGetXMLDesc(domain, 0));
    return xml ? macs_of(xml.get()) : std::vector<std::string>();
}

}  // namespace

struct LibvirtDriver::Impl {
    Impl(const config::Config& config, const std::string& state_dir)
        : settings(domain_settings(config)),
          connection(state_dir + "/libvirt"),
          power(connection, settings),
          disks(connection, settings.detach_timeout),
          nics(connection, settings.detach_timeout),
          live(connection),
          mirrors(connection) {}

    DomainSettings settings;
    Connection connection;
    GuestPower power;
    GuestDisks disks;
    GuestNics nics;
    LiveDisks live;
    DiskMirrors mirrors;
};

LibvirtDriver::LibvirtDriver(const config::Config& config, const std::string& state_dir)
    : impl_(std::make_unique<Impl>(config, state_dir)) {}
LibvirtDriver::~LibvirtDriver() = default;

std::int64_t LibvirtDriver::version() const {
    return impl_->connection.version();
}

std::vector<std::string> LibvirtDriver::lacks() const {
    return impl_->connection.lacks();
}

void LibvirtDriver::start(Changed changed) {
    impl_->connection.open(impl_->settings, std::move(changed));
}

void LibvirtDriver::stop() {
    impl_->connection.close();
}

SpawnTimes LibvirtDriver::spawn(const GuestSpec& guest, const std::vector<DiskFile>& files,
                                const std::string& console_log) {
    check_guest(guest, files);
    return impl_->power.spawn(guest, files, console_log);
}

void LibvirtDriver::destroy(const std::string& server_id) {
    impl_->power.destroy(server_id);
}

void LibvirtDriver::power_on(const GuestSpec& guest, const std::vector<DiskFile>& files,
                             const std::string& console_log) {
    check_guest(guest, files);
    impl_->power.start(guest, files, console_log);
}

void LibvirtDriver::power_off(const std::string& server_id, int timeout_s) {
    impl_->power.stop(server_id, std::chrono::seconds(timeout_s));
}

void LibvirtDriver::reboot(const GuestSpec& guest, const std::vector<DiskFile>& files, const std::string& console_log,
                           bool hard) {
    check_guest(guest, files);
    impl_->power.reboot(guest, files, console_log, hard);
}

void LibvirtDriver::attach_disk(const std::string& server_id, const GuestDisk& disk, const DiskFile& file) {
    check_file(disk, file);
    impl_->disks.attach(server_id, disk, file);
}

void LibvirtDriver::detach_disk(const std::string& server_id, const std::string& volume_id) {
    impl_->disks.detach(server_id, volume_id);
}

void LibvirtDriver::detach_nic(const std::string& server_id, const std::string& mac) {
    impl_->nics.detach(server_id, mac);
}

bool LibvirtDriver::resize_disk(const std::string& server_id, const std::string& volume_id, std::int64_t size_bytes) {
    return impl_->live.resize(server_id, volume_id, size_bytes);
}

bool LibvirtDriver::snapshot_disk(const std::string& server_id, const std::string& volume_id, const DiskFile& file) {
    check_overlay(file);
    return impl_->live.switch_to(server_id, volume_id, file);
}

bool LibvirtDriver::commit_disk(const std::string& server_id, const std::string& volume_id, const std::string& upper,
                                const std::string& lower, const JobHooks& hooks) {
    return impl_->live.commit(server_id, volume_id, upper, lower, hooks);
}

bool LibvirtDriver::pull_disk(const std::string& server_id, const std::string& volume_id, const std::string& lower,
                              const std::string& below, const JobHooks& hooks) {
    return impl_->live.pull(server_id, volume_id, lower, below, hooks);
}

bool LibvirtDriver::mirror_disk(const std::string& server_id, const std::string& volume_id, const DiskFile& file,
                                const JobHooks& hooks) {
    check_mirror(file);
    return impl_->mirrors.make(server_id, volume_id, file, hooks);
}

bool LibvirtDriver::pivot_disk(const std::string& server_id, const std::string& volume_id, const DiskFile& file) {
    check_mirror(file);
    return impl_->mirrors.pivot(server_id, volume_id, file);
}

bool LibvirtDriver::end_mirror(const std::string& server_id, const std::string& volume_id) {
    return impl_->mirrors.end(server_id, volume_id);
}

std::vector<std::string> LibvirtDriver::disk_chain(const std::string& server_id, const std::string& volume_id) {
    return impl_->live.chain(server_id, volume_id);
}

GuestState LibvirtDriver::state(const std::string& server_id) {
    const auto domain = impl_->connection.find(server_id);
    if (!domain) return {};
    return {true, power_state(domain.get())};
}

std::vector<GuestInfo> LibvirtDriver::list() {
    std::vector<GuestInfo> guests;
    for (const auto& domain : impl_->connection.all())
        guests.push_back({uuid_of(domain.get()), power_state(domain.get()), volumes(domain.get()), macs(domain.get()),
                          excess_rights(impl_->connection.process_of(domain.get()))});
    return guests;
}

}  // namespace virga::compute::virt::libvirt
