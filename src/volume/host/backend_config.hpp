#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "volume/host/drivers/files/cache_limits.hpp"

namespace virga::volume::host {

class Exports;

/// What a driver is made from; see the settings of the same names.
struct BackendConfig {
    std::string name;
    std::string backend_name;
    std::string driver;
    std::string path;
    std::string path_setting;  ///< that names `path`
    std::string format = "raw";
    std::vector<std::string> shares;  ///< of the list and of the file, as written
    std::string mount_point_base;
    std::string mount_options;
    std::int64_t reserved_percentage = 0;
    double max_over_subscription_ratio = 20.0;
    files::CacheLimits cache = {};  ///< of the raw copies of images
    Exports* exports = nullptr;     ///< of volumes that only this host reaches; null: there are none
};

/// The tables [volume.backends.NAME], or the backend of volume.driver when there is none. Throws Error{InvalidInput}
/// naming a wrong setting; two backends on one folder or share are one too.
std::vector<BackendConfig> read_backends(const config::Config& config, const std::string& state_dir);

/// The shares in the text of a shares file: comments and empty lines left out.
std::vector<std::string> shares_in(const std::string& text);

}  // namespace virga::volume::host
