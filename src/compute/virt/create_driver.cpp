#include "compute/virt/create_driver.hpp"

#include "base/error.hpp"
#include "compute/virt/fake/fake_driver.hpp"
#include "compute/virt/libvirt/libvirt_driver.hpp"
#include "compute/virt/settings.hpp"

namespace virga::compute::virt {

std::unique_ptr<Driver> create_driver(const config::Config& config, const std::string& state_dir) {
    const auto& name = config.get(setting::driver);
    if (name == "fake") return std::make_unique<fake::FakeDriver>(state_dir, config.get(setting::fake_script));
    if (name == "libvirt") return std::make_unique<libvirt::LibvirtDriver>(config, state_dir);
    throw Error(ErrorCode::InvalidInput, "setting 'compute.driver' must be libvirt or fake, not '" + name + "'");
}

}  // namespace virga::compute::virt
