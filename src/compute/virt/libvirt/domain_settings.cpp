#include "compute/virt/libvirt/domain_settings.hpp"

#include <algorithm>
#include <charconv>
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

/// "2000000-2065535"
std::optional<UidRange> uid_range(const std::string& text) {
    if (text.empty()) return std::nullopt;
    constexpr uid_t kMax = 4'000'000'000;  // the highest numbers mean "none"
    UidRange range;
    const char* end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, range.first);
    if (first.ec == std::errc() && first.ptr != end && *first.ptr == '-') {
        const auto last = std::from_chars(first.ptr + 1, end, range.last);
        if (last.ec == std::errc() && last.ptr == end && range.first > 0 && range.first <= range.last &&
            range.last <= kMax)
            return range;
    }
    throw Error(ErrorCode::InvalidInput, "setting '" + setting::guest_uids.key +
                                             "' must be two user numbers, such as 2000000-2065535, or empty");
}

}  // namespace

DomainSettings domain_settings(const config::Config& config) {
    DomainSettings settings;
    settings.virt_type = one_of(config, setting::virt_type, {"qemu", "kvm"});
    settings.cpu_mode = one_of(config, setting::cpu_mode, {"none", "host-model", "host-passthrough", "maximum"});
    settings.machine = config.get(setting::machine);
    settings.emulator = config.get(setting::emulator);
    settings.uefi_code = config.get(setting::uefi_code);
    settings.uefi_variables = config.get(setting::uefi_variables);
    settings.user = config.get(setting::user);
    settings.group = config.get(setting::group);
    if (settings.group.empty()) settings.group = settings.virt_type == "kvm" ? "kvm" : "libvirt-qemu";
    settings.guest_uids = uid_range(config.get(setting::guest_uids));
    settings.use_machine_security = config.get(setting::use_machine_security);
    settings.soft_reboot_timeout = std::chrono::seconds(config.get(setting::soft_reboot_timeout_s));
    settings.detach_timeout = std::chrono::seconds(config.get(setting::detach_timeout_s));
    return settings;
}

}  // namespace virga::compute::virt::libvirt
