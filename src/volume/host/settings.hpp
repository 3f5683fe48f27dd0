#pragma once
#include "config/config.hpp"

namespace virga::volume::setting {

inline const config::Setting<std::int64_t> base_keep_seconds{
    "volume.base_keep_seconds",
    config::kDay_s,
    {0, config::kYear_s},
    "Seconds that the raw copy of an image stays on a backend after its last use, so that the next volume from it "
    "copies nothing; it goes earlier when space is short."};

inline const config::Setting<std::int64_t> report_interval_s{
    "volume.report_interval_s",
    30,
    {1, config::kDay_s},
    "Seconds between looks at the free space of the backends; the end of an operation causes one too."};

inline const config::Setting<std::string> backup_path{
    "volume.backup_path", std::string(),
    "Folder of volume backups on a storage host, best on other disks than the volumes; empty: backups/ in the host's "
    "part of the state folder."};

inline const config::Setting<std::int64_t> cache_max_size_gib{
    "volume.image_volume_cache_max_size_gb",
    0,
    {0, config::kMaxBytes >> 30},
    "GiB that the raw copies of images may take on a backend; those that were not used for longest and that no volume "
    "needs go first. 0: no bound."};
inline const config::Setting<std::int64_t> cache_max_count{
    "volume.image_volume_cache_max_count",
    0,
    {0, config::kMaxCount},
    "How many raw copies of images a backend may keep. 0: no bound."};

}  // namespace virga::volume::setting
