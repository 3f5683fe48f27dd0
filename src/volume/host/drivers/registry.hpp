#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "volume/host/backend_config.hpp"
#include "volume/host/drivers/driver.hpp"

namespace virga::volume::host {

using DriverFactory = std::function<std::unique_ptr<Driver>(const BackendConfig&)>;

/// Every driver that is compiled in, by the name that a backend's `driver` gives. The conformance suite runs them all.
const std::map<std::string, DriverFactory>& drivers();

/// As make_driver(), but makes nothing: Error{InvalidInput} for what the configuration says wrong.
void check_driver(const BackendConfig& config);
/// Throws Error{InvalidInput} for an unknown driver, and what the driver's constructor throws.
std::unique_ptr<Driver> make_driver(const BackendConfig& config);

}  // namespace virga::volume::host
