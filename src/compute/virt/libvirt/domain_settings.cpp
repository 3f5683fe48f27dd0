#include "compute/virt/libvirt/domain_settings.hpp"

#include <algorithm>
#include <initializer_list>

#include "base/error.hpp"
#include "compute/virt/settings.hpp"

namespace virga::compute::virt::libvirt {
namespace {

std::string one_of(const config::Config& config, const config::Setting<std::string>& setting,
                   std::initializer_list<std::string_view> allowed) {
    const auto& value = config.get(setting);
    if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return value;
    std::string names;
    for (const auto name : allowed) names += (names.empty() ? "" : ", ") + std::string(name);
    throw Error(ErrorCode::InvalidInput, "setting '" + setting.key + "' must be one of " + names);
}

}  // namespace

DomainSettings domain_settings(const config::Config& config) {
    DomainSettings settings;
    settings.virt_type = one_of(config, setting::virt_type, {"qemu", "kvm"});
    settings.cpu_mode = one_of(config, setting::cpu_mode, {"none", "host-model", "host-passthrough", "maximum"});
    settings.machine = config.get(setting::machine);
    settings.emulator = config.get(setting::emulator);
    settings.user = config.get(setting::user);
    settings.group = config.get(setting::group);
    settings.soft_reboot_timeout = std::chrono::seconds(config.get(setting::soft_reboot_timeout_s));
    settings.detach_timeout = std::chrono::seconds(config.get(setting::detach_timeout_s));
    return settings;
}

}  // namespace virga::compute::virt::libvirt
