#pragma once
#include <memory>
#include <string>

#include "compute/virt/driver.hpp"
#include "config/config.hpp"

namespace virga::compute::virt {

/// The driver that `compute.driver` names; it keeps what it must remember below `state_dir`. Nothing is opened before
/// Driver::start. Throws Error{InvalidInput} for an unknown name.
std::unique_ptr<Driver> create_driver(const config::Config& config, const std::string& state_dir);

}  // namespace virga::compute::virt
