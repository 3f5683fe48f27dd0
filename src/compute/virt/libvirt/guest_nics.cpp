#include "compute/virt/libvirt/guest_nics.hpp"

#include <libvirt/virterror.h>

#include "compute/virt/libvirt/device_removal.hpp"
#include "compute/virt/libvirt/failure.hpp"
#include "compute/virt/libvirt/guest_power.hpp"
#include "compute/virt/libvirt/xml/interface.hpp"

namespace virga::compute::virt::libvirt {
namespace {

std::optional<DefinedInterface> find(virDomainPtr domain, const std::string& mac, unsigned xml_flags) {
    const TextHandle xml(virDomainGetXMLDesc(domain, xml_flags));
    if (!xml && last_code() == VIR_ERR_NO_DOMAIN) return std::nullopt;
    if (!xml) throw last_failure("read a guest's definition");
    return find_interface(xml.get(), mac);
}

}  // namespace

void GuestNics::detach(const std::string& server_id, const std::string& mac) {
    const auto domain = connection_.find(server_id);
    if (!domain) return;
    const auto alias = [&]() -> std::optional<std::string> {
        if (!is_active(domain.get())) return std::nullopt;
        const auto device = find(domain.get(), mac, 0);
        return device ? std::optional(device->alias) : std::nullopt;
    };
    if (!await_removal(connection_, domain.get(), server_id, detach_timeout_, alias)) {
        throw Error(ErrorCode::Busy,
                    "the guest of server " + server_id + " does not let go of its network device " + mac,
                    connection_.take_refusal(server_id) ? "the guest refused" : "the guest did not answer", server_id);
    }
    const auto defined = find(domain.get(), mac, VIR_DOMAIN_XML_INACTIVE);
    if (!defined) return;
    const int result = virDomainDetachDeviceFlags(domain.get(), defined->xml.c_str(), VIR_DOMAIN_AFFECT_CONFIG);
    if (result < 0 && last_code() != VIR_ERR_DEVICE_MISSING && last_code() != VIR_ERR_NO_DOMAIN)
        throw last_failure("detach " + mac + " from the definition of server " + server_id, server_id);
}

}  // namespace virga::compute::virt::libvirt
