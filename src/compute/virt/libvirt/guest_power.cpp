#include "compute/virt/libvirt/guest_power.hpp"

#include <libvirt/virterror.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "compute/virt/libvirt/export_access.hpp"
#include "compute/virt/libvirt/failure.hpp"
#include "compute/virt/libvirt/file_access.hpp"
#include "compute/virt/libvirt/xml/disk.hpp"
#include "compute/virt/libvirt/xml/domain.hpp"
#include "compute/virt/qemu/devices.hpp"

namespace virga::compute::virt::libvirt {
namespace {

// A guest that is still booting misses the power button: it is pressed again.
constexpr std::chrono::seconds kButtonInterval{10};
constexpr unsigned kUndefineFlags = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
                                    VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | VIR_DOMAIN_UNDEFINE_NVRAM;

DomainHandle define(virConnectPtr connection, const DomainSettings& settings, const GuestSpec& guest,
                    const std::vector<DiskFile>& files, const GuestFiles& of_guest,
                    const std::optional<GuestUser>& user) {
    const auto xml = domain_xml(settings, guest, files, of_guest, user);
    DomainHandle domain(virDomainDefineXMLFlags(connection, xml.c_str(), 0));
    if (!domain) throw last_failure("define the guest of server " + guest.server_id, guest.server_id);
    return domain;
}

/// The guest's user, who may open its disks from here on.
std::optional<GuestUser> give_files(GuestUsers& users, const GuestSpec& guest, const std::vector<DiskFile>& files) {
    const auto user = users.assign(guest.server_id);
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (files[i].nbd) await_export(*files[i].nbd);
        give_disk(user, guest.disks[i], files[i], chain_of(guest.disks[i], files[i]));
    }
    return user;
}

bool gone(int code) {
    return code == VIR_ERR_NO_DOMAIN || code == VIR_ERR_OPERATION_INVALID;
}

}  // namespace

bool is_active(virDomainPtr domain) {
    const int active = virDomainIsActive(domain);
    if (active < 0 && last_code() == VIR_ERR_NO_DOMAIN) return false;
    check(active, "ask whether a guest runs");
    return active == 1;
}

SpawnTimes GuestPower::spawn(const GuestSpec& guest, const std::vector<DiskFile>& files,
                             const std::string& console_log) {
    SpawnTimes times;
    if (const auto found = connection_.find(guest.server_id); found && is_active(found.get())) {
        times.already_running = true;
        return times;
    }
    const auto user = give_files(connection_.users(), guest, files);
    const auto of_guest = files_of(guest, console_log, user);
    const auto lease = connection_.secrets().lend(files);
    const auto started = monotonic_us();
    const auto domain = define(connection_.get(), settings_, guest, lease.files(), of_guest, user);
    const auto defined = monotonic_us();
    if (virDomainCreate(domain.get()) < 0) {
        const auto failure = last_failure("start the guest of server " + guest.server_id, guest.server_id);
        remove(domain.get(), guest.server_id);
        throw failure;
    }
    times.define_us = defined - started;
    times.create_us = monotonic_us() - defined;
    return times;
}

void GuestPower::start(const GuestSpec& guest, const std::vector<DiskFile>& files, const std::string& console_log) {
    if (const auto found = connection_.find(guest.server_id); found && is_active(found.get())) return;
    const auto user = give_files(connection_.users(), guest, files);
    const auto of_guest = files_of(guest, console_log, user);
    const auto lease = connection_.secrets().lend(files);
    const auto domain = define(connection_.get(), settings_, guest, lease.files(), of_guest, user);
    check(virDomainCreate(domain.get()), "start the guest of server " + guest.server_id, guest.server_id);
}

void GuestPower::kill(virDomainPtr domain, const std::string& server_id) {
    if (virDomainDestroyFlags(domain, 0) < 0 && !gone(last_code()))
        throw last_failure("end the guest of server " + server_id, server_id);
}

void GuestPower::undefine(virDomainPtr domain, const std::string& server_id) {
    if (virDomainUndefineFlags(domain, kUndefineFlags) < 0 && last_code() != VIR_ERR_NO_DOMAIN)
        throw last_failure("remove the guest of server " + server_id, server_id);
}

void GuestPower::destroy(const std::string& server_id) {
    const auto domain = connection_.find(server_id);
    if (!domain) return forget(server_id);
    if (is_active(domain.get())) kill(domain.get(), server_id);
    remove(domain.get(), server_id);
}

// Paths that libvirt makes itself would be too long for a socket.
std::string GuestPower::agent_socket(const std::string& server_id) const {
    return connection_.root() + "/agents/" + server_id;
}

GuestFiles GuestPower::files_of(const GuestSpec& guest, const std::string& console_log,
                                const std::optional<GuestUser>& user) const {
    GuestFiles files;
    files.console_log = console_log;
    if (qemu::uses_uefi(guest)) files.firmware_variables = firmware_.make(guest.server_id, user);
    if (!qemu::uses_agent(guest)) return files;
    files.agent_socket = agent_socket(guest.server_id);
    const auto folder = connection_.root() + "/agents";
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        throw_errno(ErrorCode::Internal, "make folder " + folder, errno);
    return files;
}

// Volumes live on, and the guest's user may be another guest's one day. The definition goes after them, since it tells
// a repeat which they are.
void GuestPower::remove(virDomainPtr domain, const std::string& server_id) {
    const TextHandle xml(virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE));
    if (xml) take_back(connection_.users().find(server_id), volume_files(xml.get()));
    undefine(domain, server_id);
    forget(server_id);
}

void GuestPower::forget(const std::string& server_id) {
    firmware_.remove(server_id);
    ::unlink(agent_socket(server_id).c_str());
    connection_.users().forget(server_id);
}

void GuestPower::ask_to_stop(virDomainPtr domain, std::chrono::seconds grace) {
    const auto deadline = monotonic_us() + std::chrono::microseconds(grace).count();
    while (is_active(domain)) {
        const auto left = std::chrono::milliseconds((deadline - monotonic_us()) / 1000);
        if (left.count() <= 0) return;
        if (virDomainShutdownFlags(domain, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN) < 0 && !gone(last_code())) return;
        connection_.watch().wait(std::min<std::chrono::milliseconds>(left, kButtonInterval),
                                 [&] { return !is_active(domain); });
    }
}

void GuestPower::stop(const std::string& server_id, std::chrono::seconds grace) {
    const auto domain = connection_.find(server_id);
    if (!domain) return;
    ask_to_stop(domain.get(), grace);
    if (is_active(domain.get())) kill(domain.get(), server_id);
}

bool GuestPower::soft_reboot(const std::string& server_id) {
    const auto domain = connection_.find(server_id);
    if (!domain || !is_active(domain.get())) return false;
    const auto before = connection_.resets(server_id);
    const auto deadline = monotonic_us() + std::chrono::microseconds(settings_.soft_reboot_timeout).count();
    const auto over = [&] { return connection_.resets(server_id) != before || !is_active(domain.get()); };
    while (!over()) {
        const auto left = std::chrono::milliseconds((deadline - monotonic_us()) / 1000);
        if (left.count() <= 0) return false;
        if (virDomainReboot(domain.get(), VIR_DOMAIN_REBOOT_ACPI_POWER_BTN) < 0) return false;
        connection_.watch().wait(std::min<std::chrono::milliseconds>(left, kButtonInterval), over);
    }
    return connection_.resets(server_id) != before;
}

void GuestPower::reboot(const GuestSpec& guest, const std::vector<DiskFile>& files, const std::string& console_log,
                        bool hard) {
    if (!hard && soft_reboot(guest.server_id)) return;
    if (!hard) log::info("soft reboot becomes a hard one", {{"server", guest.server_id}});
    stop(guest.server_id, std::chrono::seconds(0));
    start(guest, files, console_log);
}

}  // namespace virga::compute::virt::libvirt
