#include "compute/virt/registry.hpp"

#include "base/error.hpp"
#include "compute/virt/fake/fake_driver.hpp"
#include "compute/virt/fake/script.hpp"
#include "compute/virt/libvirt/libvirt_driver.hpp"
#include "compute/virt/settings.hpp"

namespace virga::compute::virt {
namespace {

std::unique_ptr<Driver> make_fake(const config::Config& config, const std::string& state_dir) {
    return std::make_unique<fake::FakeDriver>(state_dir, config.get(setting::fake_script));
}

std::unique_ptr<Driver> make_libvirt(const config::Config& config, const std::string& state_dir) {
    return std::make_unique<libvirt::LibvirtDriver>(config, state_dir);
}

}  // namespace

const std::map<std::string, DriverEntry>& drivers() {
    static const std::map<std::string, DriverEntry> table{
        {"fake", {fake::FakeDriver::kCapabilities, make_fake}},
        {"libvirt", {libvirt::LibvirtDriver::kCapabilities, make_libvirt}}};
    return table;
}

const DriverEntry& wanted_driver(const config::Config& config) {
    const auto& name = config.get(setting::driver);
    if (const auto found = drivers().find(name); found != drivers().end()) return found->second;
    std::string known;
    for (const auto& [other, entry] : drivers()) known += (known.empty() ? "" : ", ") + other;
    throw Error(ErrorCode::InvalidInput,
                "setting 'compute.driver': there is no driver '" + name + "'; there are " + known);
}

void check_settings(const config::Config& config) {
    wanted_driver(config);
    const fake::Script script(config.get(setting::fake_script), {});
}

}  // namespace virga::compute::virt
