#include "compute/virt/libvirt/device_removal.hpp"

#include "base/clock.hpp"
#include "base/log.hpp"

namespace virga::compute::virt::libvirt {
namespace {

constexpr std::chrono::seconds kRequestInterval{2};

}  // namespace

bool await_removal(Connection& connection, virDomainPtr domain, const std::string& server_id,
                   std::chrono::seconds timeout, const std::function<std::optional<std::string>()>& alias_of) {
    const auto deadline = monotonic_us() + std::chrono::microseconds(timeout).count();
    connection.take_refusal(server_id);
    while (const auto alias = alias_of()) {
        const auto left = std::chrono::milliseconds((deadline - monotonic_us()) / 1000);
        if (left.count() <= 0) return false;
        // The device may be gone by now, or the last request may still be pending: the next look tells.
        if (virDomainDetachDeviceAlias(domain, alias->c_str(), VIR_DOMAIN_AFFECT_LIVE) != 0) {
            log::debug("detach request was not taken", {{"server", server_id}, {"device", *alias}});
        }
        connection.watch().wait(std::min<std::chrono::milliseconds>(left, kRequestInterval),
                                [&] { return !alias_of(); });
    }
    return true;
}

}  // namespace virga::compute::virt::libvirt
