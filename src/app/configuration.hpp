#pragma once
#include "app/options.hpp"
#include "config/config.hpp"

namespace virga::app {

/// What the settings say together, and what they say of this machine: what config::Config can't know. To be called
/// before a process makes anything, so that one which is refused leaves nothing behind. Throws Error{InvalidInput} that
/// names the setting.
void check_control(const Options& options, const config::Config& config);
void check_host(const Options& options, const config::Config& config);

}  // namespace virga::app
