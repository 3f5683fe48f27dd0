#include "compute/virt/libvirt/guest_disks.hpp"

#include <libvirt/virterror.h>

#include <algorithm>

#include "compute/virt/libvirt/device_removal.hpp"
#include "compute/virt/libvirt/export_access.hpp"
#include "compute/virt/libvirt/failure.hpp"
#include "compute/virt/libvirt/file_access.hpp"
#include "compute/virt/libvirt/guest_power.hpp"
#include "compute/virt/libvirt/live_disks.hpp"
#include "compute/virt/libvirt/xml/disk.hpp"

namespace virga::compute::virt::libvirt {
namespace {

std::optional<DefinedDisk> find(virDomainPtr domain, const std::string& volume_id, unsigned xml_flags) {
    const TextHandle xml(virDomainGetXMLDesc(domain, xml_flags));
    if (!xml && last_code() == VIR_ERR_NO_DOMAIN) return std::nullopt;
    if (!xml) throw last_failure("read a guest's definition");
    return find_disk(xml.get(), volume_id);
}

}  // namespace

void GuestDisks::attach(const std::string& server_id, const GuestDisk& disk, const DiskFile& file) {
    const auto domain = connection_.need(server_id);
    unsigned flags = 0;
    if (is_active(domain.get()) && !find(domain.get(), file.serial, 0)) flags |= VIR_DOMAIN_AFFECT_LIVE;
    if (!find(domain.get(), file.serial, VIR_DOMAIN_XML_INACTIVE)) flags |= VIR_DOMAIN_AFFECT_CONFIG;
    if (flags == 0) return;
    if (file.nbd) await_export(*file.nbd);
    give_disk(connection_.users().find(server_id), disk, file, chain_of(disk, file));
    const auto lease = connection_.secrets().lend({file});
    check(virDomainAttachDeviceFlags(domain.get(), disk_xml(disk, lease.files().front()).c_str(), flags),
          "attach volume " + disk.volume_id + " to server " + server_id, server_id);
}

void GuestDisks::detach_live(virDomainPtr domain, const std::string& server_id, const std::string& volume_id) {
    const auto alias = [&]() -> std::optional<std::string> {
        if (!is_active(domain)) return std::nullopt;
        const auto disk = find(domain, volume_id, 0);
        if (!disk) return std::nullopt;
        end_job(domain, disk->target);  // the device can't go while layers of it are being merged
        return disk->alias;
    };
    if (await_removal(connection_, domain, server_id, detach_timeout_, alias)) return;
    throw Error(ErrorCode::Busy,
                "the guest of server " + server_id + " does not let go of volume " + volume_id +
                    ": unmount it in the guest, or stop the server, and try again",
                connection_.take_refusal(server_id) ? "the guest refused" : "the guest did not answer", server_id);
}

void GuestDisks::detach(const std::string& server_id, const std::string& volume_id) {
    const auto domain = connection_.find(server_id);
    if (!domain) return;
    auto had = find(domain.get(), volume_id, 0);
    if (is_active(domain.get())) detach_live(domain.get(), server_id, volume_id);
    const auto defined = find(domain.get(), volume_id, VIR_DOMAIN_XML_INACTIVE);
    if (!had) had = defined;
    if (had) take_back(connection_.users().find(server_id), files_of(*had));
    if (!defined) return;
    const int result = virDomainDetachDeviceFlags(domain.get(), defined->xml.c_str(), VIR_DOMAIN_AFFECT_CONFIG);
    if (result < 0 && last_code() != VIR_ERR_DEVICE_MISSING && last_code() != VIR_ERR_NO_DOMAIN)
        throw last_failure("detach volume " + volume_id + " from the definition of server " + server_id, server_id);
}

}  // namespace virga::compute::virt::libvirt
