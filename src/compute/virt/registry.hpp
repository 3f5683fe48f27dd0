#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "compute/virt/driver.hpp"
#include "config/config.hpp"

namespace virga::compute::virt {

struct DriverEntry {
    Capabilities capabilities;  ///< those that its objects tell
    /// Keeps what it must remember below `state_dir`. Opens nothing before Driver::start.
    std::function<std::unique_ptr<Driver>(const config::Config& config, const std::string& state_dir)> make;
};

/// Every driver that is compiled in, by the name that `compute.driver` gives. The conformance suite runs them all.
const std::map<std::string, DriverEntry>& drivers();

/// The one that `compute.driver` names. Throws Error{InvalidInput} for an unknown name.
const DriverEntry& wanted_driver(const config::Config& config);
/// What can be said of the settings of drivers before anything is made. Throws Error{InvalidInput} that names one.
void check_settings(const config::Config& config);

}  // namespace virga::compute::virt
