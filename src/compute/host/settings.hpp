#pragma once
#include "config/config.hpp"
#include "config/forms.hpp"

namespace virga::compute::host::setting {

inline const config::Setting<std::string> images_type{
    "compute.images_type", std::string("qcow2"), config::OneOf{"qcow2", "raw"},
    "Local disks of servers: qcow2 (an overlay on the cached image) or raw (a full copy)."};
inline const config::Setting<bool> force_raw_images{"compute.force_raw_images", true,
                                                    "Convert cached images to raw; false: qcow2 images stay qcow2."};
inline const config::Setting<std::string> zone{"compute.availability_zone", std::string("nova"), config::kName,
                                               "Availability zone of this host."};
inline const config::Setting<std::int64_t> vcpus{
    "compute.vcpus", 0, {0, 1'000'000}, "CPUs that this host reports; 0: as found."};
inline const config::Setting<std::int64_t> memory_mib{
    "compute.memory_mib", 0, {0, config::kMaxBytes >> 20}, "Memory that this host reports, MiB; 0: as found."};
inline const config::Setting<std::int64_t> disk_gib{
    "compute.disk_gib", 0, {0, config::kMaxBytes >> 30}, "Disk that this host reports, GiB; 0: as found."};
inline const config::Setting<std::int64_t> cache_check_s{
    "compute.image_cache_check_s",
    2400,
    {-1, config::kYear_s},
    "Seconds between looks for unused cached images; 0 or -1: never."};
inline const config::Setting<std::int64_t> cache_max_age_s{"compute.image_cache_max_age_s",
                                                           config::kDay_s,
                                                           {0, config::kYear_s},
                                                           "Seconds that a cached image is kept after its last use."};
inline const config::Setting<std::int64_t> console_log_bytes{
    "compute.console_log_bytes",
    1'048'576,
    {65'536, std::int64_t{1} << 40},
    "The end of a server's serial console that is kept at least, bytes; a log is cut when it holds twice as much."};

inline const config::Setting<config::List> volume_folders{
    "compute.volume_folders", config::List{},
    "Folders besides those of this host's own volume backends in which files of volumes may be used and shares may be "
    "mounted; for volumes of other storage hosts."};

}  // namespace virga::compute::host::setting
